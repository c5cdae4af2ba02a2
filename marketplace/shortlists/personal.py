"""What favourites and shortlists hold of a person: both go with the account; a client's shortlists stay with the client."""

from sqlalchemy import delete, select

from marketplace.core import retention
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.i18n import lazy
from marketplace.core.personal import register_account_leaver, register_table
from marketplace.shortlists.models import Favourite, Shortlist, ShortlistItem

register_table(
    "favourites", lazy("您收藏的服务"), Favourite, "user_id",
    {
        "created_at": lazy("收藏时间"), "listing_id": lazy("服务编号"), "seen_title": lazy("收藏时的标题"), "seen_version": lazy("收藏时的版本"),
        "seen_pricing_model": lazy("收藏时的计价方式"), "seen_price_min_fen": lazy("收藏时的最低价（分）"), "seen_price_max_fen": lazy("收藏时的最高价（分）"),
    },
)  # fmt: skip
register_table(
    "shortlists", lazy("您个人的备选清单"), Shortlist, "user_id",
    {"created_at": lazy("创建时间"), "name": lazy("名称"), "purpose": lazy("用途"), "note": lazy("说明"), "archived_at": lazy("归档时间")},
)  # fmt: skip


def _forget(actor: Actor, user_id: int) -> None:
    """Favourites and personal lists serve the person alone."""
    own = select(Shortlist.id).where(Shortlist.user_id == user_id)
    for gone in (
        delete(Favourite).where(Favourite.user_id == user_id),
        delete(ShortlistItem).where(ShortlistItem.shortlist_id.in_(own)),
        delete(Shortlist).where(Shortlist.user_id == user_id),
    ):
        db.session.execute(gone.execution_options(synchronize_session=False))


register_account_leaver(_forget)
retention.keep(
    "favourites",
    lazy("收藏与个人备选清单"),
    "favourite",
    lazy("本人移除或注销账号时删除"),
    "个人信息保护法第十九、四十七条",
)
retention.keep(
    "shortlists",
    lazy("用工单位的备选清单"),
    "shortlist",
    lazy("由用工单位自行归档，随单位资料保存"),
    "电子商务法第三十一条",
)

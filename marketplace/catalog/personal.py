"""Who may not leave a firm yet because its listings would stand there with nobody behind them."""

from sqlalchemy import delete, func, select

from marketplace.catalog.models import Listing, SavedSearch, SavedSearchDigest
from marketplace.catalog.states import ListingState
from marketplace.core import retention
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.i18n import lazy
from marketplace.core.personal import (
    Blocker,
    exempt,
    register_account_blocker,
    register_account_leaver,
    register_table,
)
from marketplace.organisations.queries.leaving import list_sole_admin_of


def _listings(user_id: int) -> list[Blocker]:
    alone = {one.organisation_id: one.name for one in list_sole_admin_of(user_id) if not one.others}
    if not alone:
        return []
    rows = db.session.execute(
        select(Listing.firm_id, func.count())
        .where(Listing.firm_id.in_(alone), Listing.state.in_((ListingState.PUBLISHED, ListingState.SUBMITTED)))
        .group_by(Listing.firm_id)
    )
    return [
        Blocker(
            "catalog.published",
            lazy(
                "“%(name)s”还有 %(n)s 项服务在架或待审核，您是其唯一成员，请先下架或邀请同事接管",
                name=alone[firm_id],
                n=number,
            ),
            "catalog.list_own",
        )
        for firm_id, number in rows
    ]


register_account_blocker(_listings)
retention.keep("listings", lazy("服务信息与历史内容"), "listing", lazy("下架后至少三年"), "电子商务法第三十一条")

register_table(
    "saved_searches", lazy("您保存的搜索"), SavedSearch, "user_id",
    {
        "name": lazy("名称"), "query": lazy("搜索条件"), "notify": lazy("有新服务时提醒"), "created_at": lazy("保存时间"),
        "seen_at": lazy("上次查看时间"),
    },
)  # fmt: skip
exempt("saved_search_digest.user_id", why="只记录当日已发送汇总提醒，提醒本身在站内消息中")


def _forget_searches(actor: Actor, user_id: int) -> None:
    """Saved searches are for the person alone: they go with the account."""
    for model in (SavedSearch, SavedSearchDigest):
        db.session.execute(delete(model).where(model.user_id == user_id).execution_options(synchronize_session=False))


register_account_leaver(_forget_searches)

"""Who may not leave a firm yet because its listings would stand there with nobody behind them."""

from sqlalchemy import func, select

from marketplace.catalog.models import Listing
from marketplace.catalog.states import ListingState
from marketplace.core import retention
from marketplace.core.db import db
from marketplace.core.i18n import lazy
from marketplace.core.personal import Blocker, register_account_blocker
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

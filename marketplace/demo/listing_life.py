"""Cases of a listing's life: content that was replaced, a change that waits, one that was returned, a service that is gone, open questions."""

from dataclasses import replace
from typing import Any

from marketplace.catalog import services
from marketplace.catalog.queries import draft_of, get_listing, get_listing_change
from marketplace.core.actor import Actor
from marketplace.core.db import transaction
from marketplace.demo.story import sold_by, someone


def add_listing_life() -> None:
    """Play the cases on services of the demo firm that no other story is about."""
    firm, operator = someone("firm"), someone("operator")
    assert firm.firm_id is not None
    chosen = [one.id for one in sold_by(firm.firm_id, 14)[8:]]
    if len(chosen) < 5:
        return
    raised, waiting, returned, gone, copied = chosen[:5]
    first = _change(
        firm,
        raised,
        price_factor=108,
        billing_note="按实际服务量月度结算，含税；2026 年起随人工成本调整。",
        tax_note="included",
    )
    _decide(operator, first)
    _change(
        firm, waiting, price_factor=110, summary="服务流程升级：专属顾问一对一，两小时内响应。",
        more="\n新增：每季度提交一份服务分析报告。本方案为长三角首选。", city_codes=("310000", "320500", "330400"),
    )  # fmt: skip
    _decide(operator, _change(firm, returned, price_factor=150), reason="价格上调超过三成，请在计费说明中写明依据。")
    _take_down(firm, operator, gone)
    with transaction():
        copy = services.copy_listing(actor=firm, listing=get_listing(copied, actor=firm))
        copy.attributes = {
            a.key: copy.attributes[a.key] for a in copy.category.own_attributes[:1] if a.key in copy.attributes
        }


def _take_down(firm: Actor, operator: Actor, model_id: int) -> None:
    """A service that was on line beside its model and that its firm gave up; those that are offered keep their number."""
    with transaction():
        made = services.copy_listing(actor=firm, listing=get_listing(model_id, actor=firm))
        made_id = made.id
    with transaction():
        own = get_listing(made_id, actor=firm)
        draft = replace(draft_of(own), title=f"{own.title[:60].removesuffix('（副本）')}（2024 版）")
        services.submit_listing(actor=firm, listing=services.edit_listing(actor=firm, listing=own, draft=draft))
    with transaction():
        services.approve_listing(actor=operator, listing=get_listing(made_id, actor=operator))
    with transaction():
        reason = "该版本已由 2026 版取代，不再单独提供。"
        services.withdraw_listing(actor=firm, listing=get_listing(made_id, actor=firm), reason=reason)


def _change(firm: Actor, listing_id: int, *, price_factor: int, more: str = "", **values: Any) -> int:
    """A change that the firm hands in; prices move by so many percent of the old ones."""
    with transaction():
        listing = get_listing(listing_id, actor=firm)
        draft = draft_of(listing)
        wanted = replace(
            draft, price_min_fen=_moved(draft.price_min_fen, price_factor), price_max_fen=_moved(draft.price_max_fen, price_factor),
            description=draft.description + more, **values,
        )  # fmt: skip
        change = services.save_listing_change(
            actor=firm, listing=listing, draft=wanted, base_version=listing.live_version
        )
        services.submit_listing_change(actor=firm, change=change)
        return change.id


def _moved(fen: int | None, percent: int) -> int | None:
    return None if fen is None else fen * percent // 100


def _decide(operator: Actor, change_id: int, reason: str = "") -> None:
    with transaction():
        change = get_listing_change(change_id, actor=operator)
        if reason:
            services.return_listing_change(actor=operator, change=change, reason=reason, seen=change.version)
        else:
            services.approve_listing_change(actor=operator, change=change, seen=change.version)

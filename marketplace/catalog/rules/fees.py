"""What a service costs, complete enough to be published (公示收费标准，人力资源市场条例 32), and what each price model has to say."""

from typing import Any

from marketplace.catalog.rules.draft import ListingDraft, Problem
from marketplace.catalog.rules.pricing import TAX_NOTES, PricingModel, price_text, unit_text
from marketplace.core import settings
from marketplace.core.i18n import _, lazy

settings.define(
    "catalog.price_spread", "int", 3, lazy("价格区间上限超过下限多少倍时须写明计费依据"), "人力资源市场暂行条例第三十二条", minimum=1, maximum=100
)  # fmt: skip
MODEL_HELP: dict[PricingModel, Any] = {
    PricingModel.PER_HEAD_MONTH: lazy("每服务一人每月的费用；请写明按参保、在册还是到岗人数计，不足一月如何折算"),
    PricingModel.PER_HIRE_FIXED: lazy("每入职一人的费用；请写明何时算入职、保用期内离职如何处理"),
    PricingModel.PCT_ANNUAL_SALARY: lazy("填税前年薪的百分数，如 20–30；请写明年薪是否含奖金、分几期支付"),
    PricingModel.PCT_PAYROLL: lazy("填发放额的百分数，如 3.5；请写明是否含税费、有无最低收费"),
    PricingModel.PER_HOUR: lazy("每小时的费用；请写明起订时长、夜间与节假日如何计"),
    PricingModel.PER_DAY: lazy("每人每天的费用；请写明一个人天的工时、差旅是否另计"),
    PricingModel.PER_PIECE: lazy("每件的费用；请写明件的定义与不合格如何处理"),
    PricingModel.PER_REPORT: lazy("每份报告的费用；请写明一份包含的项目、加急如何收费"),
    PricingModel.PER_PERSON_TIME: lazy("每人每次的费用；请写明起订人数、包含的内容"),
    PricingModel.PER_PERSON_YEAR: lazy("每人每年的费用；请写明中途增减人员如何折算"),
    PricingModel.PER_EVENT: lazy("每场的费用；请写明规模、场地与物料是否包含"),
    PricingModel.PER_ACCOUNT_YEAR: lazy("每账号每年的费用；请写明起订账号数、实施与培训是否包含"),
    PricingModel.FIXED_PROJECT: lazy("整个项目的费用；请写明包含的成果、阶段与付款节点"),
    PricingModel.QUOTE: lazy("可填参考区间；计费说明必填：依据什么报价（人数、城市、岗位、工期等）"),
}


def find_fee_problems(draft: ListingDraft, spread: int) -> list[Problem]:
    """What the price facts lack before they may be handed in; what cannot even be saved is `find_problems`' matter.

    A fixed price and a narrow range with its unit stand for themselves. A price "from" or "up to", a range whose top is more than
    `spread` times its bottom (the setting `catalog.price_spread`), a free service and 面议 need the basis on which the firm arrives
    at the sum, or nobody can tell the standard (条例 32).
    """
    low, high = draft.price_min_fen, draft.price_max_fen
    if draft.billing_note.strip():
        return []
    if draft.pricing_model == PricingModel.QUOTE:
        text = lazy("面议服务须在计费说明中写明计费依据（《人力资源市场暂行条例》第三十二条）")
        return [Problem("billing_note", "listing.fee_basis", text)]
    if low == 0 and high in (0, None):
        text = lazy("免费服务须在计费说明中写明免费的范围与条件")
        return [Problem("billing_note", "listing.fee_basis", text)]
    if low is None or high is None or high > low * spread:
        text = lazy(
            "起价、封顶价或跨度较大的价格，须在计费说明中写明依据什么定价（《人力资源市场暂行条例》第三十二条）"
        )
        return [Problem("billing_note", "listing.fee_basis", text)]
    return []


def price_line(draft: ListingDraft) -> str:
    """The price with its unit in one line, such as `¥20–¥100 元/人/月`."""
    model = PricingModel(draft.pricing_model)
    low, high = draft.price_min_fen, draft.price_max_fen
    return f"{price_text(model, low, high)} {unit_text(model, low, high, draft.unit)}".rstrip()


def fee_rows(draft: ListingDraft) -> list[tuple[str, str]]:
    """The published standard of charges as (label, value), in the order in which a buyer asks."""
    model = PricingModel(draft.pricing_model)
    rows = [(_("计价方式"), str(model.label)), (_("收费标准"), price_line(draft))]
    if draft.billing_note:
        label = _("计费依据") if model is PricingModel.QUOTE else _("计费说明")
        rows.append((label, draft.billing_note))
    if draft.tax_note in TAX_NOTES:
        rows.append((_("税费"), str(TAX_NOTES[draft.tax_note])))
    return rows


def same_fees(one: ListingDraft, other: ListingDraft) -> bool:
    """Do two contents ask the same price? Notes do not count."""
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("pricing_model", "price_min_fen", "price_max_fen", "unit", "tax_note")
    )

"""The onboarding wizard as data: its steps, what each asks of a firm and of a client, and what is still missing, in words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from marketplace.core.i18n import LazyString, lazy
from marketplace.organisations.rules import LICENCE_KINDS, TRADE_LICENCES, missing_licences

IDENTITY = ("name", "uscc", "city_code", "address")
CONTACTS = ("contact_name", "contact_mobile")


@dataclass(frozen=True, slots=True)
class Step:
    """One page of the wizard: the last part of its address, its title, the columns it must fill by kind of organisation, and what an
    optional one is good for."""

    name: str
    label: LazyString
    required: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needed_for: Mapping[str, LazyString] = field(default_factory=dict)


STEPS = (
    Step("identity", lazy("主体信息"), {"firm": IDENTITY, "client": IDENTITY}),
    Step("licences", lazy("证照")),  # asked for by `missing_licences`, which the law decides
    Step("contacts", lazy("联系人"), {"firm": CONTACTS, "client": CONTACTS}),
    Step(
        "bank-account", lazy("银行账户"),
        needed_for={
            "firm": lazy("用于收款与结算；可稍后填写，首次结算前须登记"), "client": lazy("用于退款；可稍后填写，首次退款前须登记"),
        },
    ),
    Step(
        "invoice", lazy("开票资料"),
        needed_for={
            "firm": lazy("用于接收平台服务费发票；可稍后填写"), "client": lazy("用于向服务机构申请开票；可稍后填写，申请开票前须登记"),
        },
    ),
    Step("review", lazy("核对并提交")),
)  # fmt: skip
STEP_NAMES = tuple(step.name for step in STEPS)
MISSING_TEXTS: dict[str, LazyString] = {
    "name": lazy("请填写营业执照上的单位全称（2 至 100 字）"),
    "uscc": lazy("请填写统一社会信用代码"),
    "city_code": lazy("请选择所在城市"),
    "address": lazy("请填写单位地址"),
    "contact_name": lazy("请填写联系人"),
    "contact_mobile": lazy("请填写联系电话"),
}
"""What to do about each column that a step asks for and that is empty."""


UNREACHABLE = lazy("请管理员先在“个人资料”中验证邮箱或手机号码（网络安全法第二十四条：真实身份）")


@dataclass(frozen=True, slots=True)
class Filled:
    """What an organisation has filled in so far. `licences` are the kinds handed in and not refused; `holder_matches` says whether the
    bank account's holder is still the organisation's name."""

    kind: str
    values: Mapping[str, Any]
    licences: Collection[str] = ()
    has_bank_account: bool = False
    holder_matches: bool = True
    has_invoice_data: bool = False
    is_reachable: bool = True  # an administrator has confirmed an address or number


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one step is: `done`, `missing` (keeps the file from being submitted) or `optional`; what to do, and what it is for."""

    step: Step
    status: str
    missing: tuple[LazyString, ...] = ()
    note: LazyString | None = None


def missing_fields(kind: str, values: Mapping[str, Any]) -> list[tuple[str, LazyString]]:
    """The empty columns that keep an organisation of this kind from being submitted, each with what to do, in the order of the steps."""
    wanted = [name for step in STEPS for name in step.required.get(kind, ())]
    return [(name, MISSING_TEXTS[name]) for name in wanted if not str(values.get(name) or "").strip()]


def licence_text(kind: str) -> LazyString:
    """What to do about a licence that `missing_licences` names."""
    if kind == TRADE_LICENCES[0]:
        return lazy("请上传人力资源服务许可证、人力资源服务备案或劳务派遣经营许可证中的至少一项")
    return lazy("请上传营业执照") if kind == "business" else LICENCE_KINDS[kind]


def list_progress(filled: Filled) -> list[Progress]:
    """Every step with its status. The review is done by submitting; before that it is missing exactly what the others miss."""
    rows = [_progress(step, filled) for step in STEPS[:-1]]
    open_texts = tuple(text for row in rows if row.status == "missing" for text in row.missing)
    return [*rows, Progress(STEPS[-1], "missing" if open_texts else "optional", open_texts)]


def _progress(step: Step, filled: Filled) -> Progress:
    if step.name == "licences":
        texts = tuple(licence_text(kind) for kind in missing_licences(filled.kind, filled.licences))
    elif step.name == "bank-account":
        return _optional(step, filled.kind, filled.has_bank_account, filled.holder_matches)
    elif step.name == "invoice":
        return _optional(step, filled.kind, filled.has_invoice_data, True)
    else:
        asked = set(step.required.get(filled.kind, ()))
        texts = tuple(text for name, text in missing_fields(filled.kind, filled.values) if name in asked)
        if step.name == "contacts" and not filled.is_reachable:
            texts += (UNREACHABLE,)
    return Progress(step, "missing" if texts else "done", texts)


def _optional(step: Step, kind: str, present: bool, matches: bool) -> Progress:
    if not present:
        return Progress(step, "optional", note=step.needed_for[kind])
    if not matches:
        return Progress(step, "optional", (lazy("账户户名与单位名称不一致，请重新登记账户"),), step.needed_for[kind])
    return Progress(step, "done")


def can_be_submitted(progress: Collection[Progress]) -> bool:
    """Nothing that the law or the review needs is missing."""
    return all(row.status != "missing" for row in progress)


def next_step(name: str) -> str:
    """The step after this one; the review is the last."""
    return STEP_NAMES[min(STEP_NAMES.index(name) + 1, len(STEP_NAMES) - 1)]

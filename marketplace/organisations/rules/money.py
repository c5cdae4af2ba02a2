"""Rules of an organisation's money facts: its bank account, its invoice data, the amount above which a purchase is approved."""

import re
import unicodedata

from marketplace.core.errors import Invalid
from marketplace.core.i18n import LazyString, lazy

MIN_DIGITS, MAX_DIGITS = 8, 32
MAX_LIMIT_FEN = 100_000_000_000 * 100
INVOICE_KINDS: dict[str, LazyString] = {"ordinary": lazy("增值税普通发票"), "special": lazy("增值税专用发票")}
_BRACKETS = str.maketrans("（）", "()")


def account_digits(typed: str) -> str:
    """A bank account number as it is kept: its 8 to 32 digits, without the spaces and hyphens that people read it by."""
    text = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", typed or ""))
    if not text:
        raise Invalid("bank_account.number_missing", lazy("请填写银行账号"), field="account")
    if not (text.isascii() and text.isdigit() and MIN_DIGITS <= len(text) <= MAX_DIGITS):
        raise Invalid(
            "bank_account.number", lazy("银行账号应为 %(least)s 至 %(most)s 位数字"), field="account",
            least=MIN_DIGITS, most=MAX_DIGITS,
        )  # fmt: skip
    return text


def same_holder(holder: str, name: str) -> bool:
    """Is the account held in the organisation's own name? Full and half width count as the same, as banks print both."""

    def plain(text: str) -> str:
        return re.sub(r"\s", "", unicodedata.normalize("NFKC", text.translate(_BRACKETS)))

    return plain(holder) == plain(name)


def masked_account(last4: str) -> str:
    """`**** **** 1234`: how an account number stands on every page."""
    return f"**** **** {last4}"


def check_bank(bank_name: str, branch: str) -> None:
    """Refuse a bank without a name and names that no statement could print."""
    if not 2 <= len(bank_name.strip()) <= 60:
        raise Invalid("bank_account.bank", lazy("请填写开户银行（2 至 60 字）"), field="bank_name")
    if len(branch.strip()) > 80:
        raise Invalid("bank_account.branch", lazy("开户支行最多 80 字"), field="branch")


def check_limit(limit_fen: int | None) -> None:
    """Refuse a negative or absurd amount (分) above which purchases are approved; None asks for no approval."""
    if limit_fen is not None and not 0 <= limit_fen <= MAX_LIMIT_FEN:
        raise Invalid("organisation.approval_limit", lazy("审批额度应为 0 至 1000 亿元"), field="limit")

"""The pure rules of money: where it is paid to, what a statement's row must say, references, names."""

import os

from marketplace.core import settings
from marketplace.core.i18n import lazy

# Production starts with nothing here and opens no payment until an administrator has set the park's real account.
_DEMO = os.environ.get("APP_ENV", "development") != "production"
_SOURCE = "资金监管安排"

settings.define(
    "payments.account_name",
    "text",
    "示例园区运营有限公司（演示账户，请勿付款）" if _DEMO else "",
    lazy("收款账户户名"),
    _SOURCE,
)
settings.define(
    "payments.account_number", "text", "0000 0000 0000 0000 000" if _DEMO else "", lazy("收款账户账号"), _SOURCE
)
settings.define(
    "payments.account_bank", "text", "示例银行演示支行（虚构）" if _DEMO else "", lazy("收款账户开户行"), _SOURCE
)

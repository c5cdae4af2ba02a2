"""Standards that a firm may say it meets, and grades (dossier 1.1 f): how a number is written, what may be handed in."""

import re
import unicodedata
from datetime import date

from marketplace.core import settings
from marketplace.core.errors import Invalid
from marketplace.core.i18n import LazyString, lazy

# Offered while typing, with their exact numbers and titles; any other number may be given. Levels are never listed: they are what the
# evidence says.
KNOWN: dict[str, str] = {
    "GB/T 33860-2017": "人力资源服务机构能力指数",
    "GB/T 25124-2019": "高级人才寻访服务规范",
    "GB/T 30662-2024": "招聘会服务规范",
    "GB/T 30663-2014": "人才测评服务业务规范",
    "GB/T 32623-2016": "流动人员人事档案管理服务规范",
    "GB/T 32624-2016": "人力资源培训服务规范",
    "GB/T 32625-2016": "人力资源管理咨询服务规范",
    "GB/T 33530-2017": "人力资源外包服务规范",
    "DB3202/T 1027—2022": "无锡市经营性人力资源服务机构等级的划分与评定指南",
}
MAX_STANDARDS = 40  # of one firm, in any state
EVIDENCE_TYPES = ("application/pdf", "image/jpeg", "image/png", "application/ofd")
# What reviewers write most; a click puts it into the reason.
RETURN_REASONS: dict[str, LazyString] = {
    "scan": lazy("证书扫描件不清晰或不完整，请重新上传彩色原件扫描件。"),
    "differs": lazy("填写的标准编号、等级或有效期与证书不一致，请按证书原样填写。"),
    "issuer": lazy("无法核实颁发机构，请补充颁发机构的评定公告或查询方式。"),
    "holder": lazy("证书上的持证单位与本机构不一致。"),
}

settings.define(
    "organisations.standard_remind_days", "days", 30, lazy("标准与等级证书到期前多少天提醒机构"), "平台核验规则", minimum=1, maximum=180,
)  # fmt: skip
settings.define(
    "organisations.supervisor",
    "text",
    "上海市青浦区人力资源和社会保障局",
    lazy("监督机关"),
    "人力资源市场暂行条例第三十二条",
)
settings.define("organisations.supervisor_phone", "text", "12333", lazy("监督电话"), "人力资源市场暂行条例第三十二条")


def _key(number: str) -> str:
    """A number as it is compared: half width, capitals, one kind of dash, no blanks."""
    return re.sub(r"\s", "", re.sub("[‐-―−－]", "-", unicodedata.normalize("NFKC", number))).upper()


_NUMBER = re.compile(r"[A-Z0-9\u4e00-\u9fa5/.:()—\- ]+")
_EXACT = {_key(number): number for number in KNOWN}


def plain_number(number: str) -> str:
    """A standard's number in the one way it is stored: a known one exactly as published, another in capitals with single blanks."""
    known = _EXACT.get(_key(number))
    if known:
        return known
    text = re.sub("[‐-―−－]", "-", unicodedata.normalize("NFKC", number)).upper()
    return re.sub(r"\s*([/-])\s*", r"\1", " ".join(text.split()))


def check_standard(
    number: str, title: str, level: str, issuer: str, issued_on: date | None, valid_to: date | None, today: date
) -> None:
    """Refuse a standard without number, title or issuer, texts that are too long, an issue to come, an end that is past or before it."""
    if not number:
        raise Invalid("standard.number", lazy("请填写标准编号，例如 GB/T 33860-2017"), field="standard_no")
    if len(number) > 40 or not re.search(r"\d", number) or not _NUMBER.fullmatch(number):
        message = lazy("标准编号由字母、数字和 / - . 组成，须含数字，最多 40 个字符")
        raise Invalid("standard.number_form", message, field="standard_no")
    if not title:
        raise Invalid("standard.title", lazy("请填写标准或等级的名称"), field="title")
    if not issuer:
        raise Invalid("standard.issuer", lazy("请填写颁发或评定机构"), field="issuer")
    for field, text, most in (("title", title, 120), ("level", level, 40), ("issuer", issuer, 80)):
        if len(text) > most:
            raise Invalid("standard.long", lazy("最多 %(n)s 个字符"), field=field, n=most)
    if issued_on is not None and issued_on > today:
        raise Invalid("standard.issued", lazy("颁发日期不能晚于今天"), field="issued_on")
    if valid_to is not None and valid_to < today:
        raise Invalid("standard.past", lazy("该证书已过有效期，请上传有效的证书"), field="valid_to")
    if issued_on is not None and valid_to is not None and valid_to <= issued_on:
        raise Invalid("standard.order", lazy("有效期至应晚于颁发日期"), field="valid_to")

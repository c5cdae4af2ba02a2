"""How many files an organisation and a person may hand in. The figures are the operator's settings, none comes from a law."""

from dataclasses import dataclass

from marketplace.core import settings
from marketplace.core.i18n import lazy

_SOURCE = "OWASP ASVS 5.0 5.2.1"
settings.define("files.max_count", "int", 2000, lazy("每家机构的文件总数上限"), _SOURCE, 1, 1_000_000)
settings.define("files.max_total_mb", "int", 2048, lazy("每家机构的文件总量上限（MB）"), _SOURCE, 1, 10_000_000)
settings.define("files.max_per_day", "int", 200, lazy("每人每天上传文件数上限"), _SOURCE, 1, 100_000)


@dataclass(frozen=True, slots=True)
class Limits:
    """Files and bytes per organisation, files per person and day (Asia/Shanghai)."""

    count: int
    total_bytes: int
    per_day: int


def limits() -> Limits:
    """The limits in force today."""
    total = settings.get("files.max_total_mb") * 1024 * 1024
    return Limits(settings.get("files.max_count"), total, settings.get("files.max_per_day"))

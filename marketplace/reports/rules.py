"""The report file: its columns, and what makes a set of lines unacceptable whole."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from marketplace.catalog.rules.taxonomy import find_category
from marketplace.core import regions
from marketplace.core.i18n import _
from marketplace.core.tabular import CellError, Column

REPORT_COLUMNS = [
    Column("firm_uscc", "机构统一社会信用代码", "known_uscc"),
    Column("period", "期间", "period"),
    Column("revenue_yuan", "营业收入", "yuan", minimum=0),
    Column("pass_through_yuan", "代收代付", "yuan", required=False, minimum=0),
    Column("client_uscc", "客户统一社会信用代码", "known_uscc", required=False),
    Column("client_city_code", "客户城市代码", required=False, max_length=6),
    Column("category_code", "类目代码", required=False, max_length=8),
    Column("people_served", "服务人数", "int", required=False, minimum=0),
]
FIRST_PERIOD = "2023-01"
MAX_ROWS = 200_000
MAX_PEOPLE = 1_000_000

Key = tuple[int, str, str | None, str | None]


def line_key(firm_id: int, row: Mapping[str, Any]) -> Key:
    """What makes two lines speak of the same thing: firm, period, client, category (decision 27)."""
    return firm_id, row["period"], row["client_uscc"], row["category_code"]


def find_errors(
    rows: Sequence[Any], firms: Mapping[str, int], own: Collection[int] | None, this_month: str
) -> list[CellError]:
    """Every cell that may not be: an unknown firm (or another's, where `own` is given), a month before 2023 or to come, more passed
    through than earned, an unknown city or category, two lines of the same firm, month, client and category."""
    errors: list[CellError] = []
    seen: dict[Key, int] = {}
    for row in rows:
        number = row.row_number
        firm_id = firms.get(row["firm_uscc"])
        if firm_id is None or (own is not None and firm_id not in own):
            text = _("没有这家机构，请先导入机构") if own is None else _("只能填报本机构的数据")
            errors.append(CellError(number, "机构统一社会信用代码", text))
        if row["period"] < FIRST_PERIOD:
            errors.append(CellError(number, "期间", _("期间不能早于 %(first)s", first=FIRST_PERIOD)))
        elif row["period"] > this_month:
            errors.append(CellError(number, "期间", _("不能填报未来月份")))
        if (row["pass_through_yuan"] or 0) > row["revenue_yuan"]:
            errors.append(CellError(number, "代收代付", _("代收代付不能大于营业收入")))
        city = row["client_city_code"]
        if city and regions.get(city) is None and not (len(city) == 6 and city.isdigit()):
            errors.append(CellError(number, "客户城市代码", _("城市代码应为 6 位数字")))
        if row["category_code"] and find_category(row["category_code"]) is None:
            errors.append(CellError(number, "类目代码", _("没有这个类目")))
        if (row["people_served"] or 0) > MAX_PEOPLE:
            errors.append(CellError(number, "服务人数", _("服务人数超出合理范围")))
        if firm_id is not None:
            twin = seen.setdefault(line_key(firm_id, row), number)
            if twin != number:
                errors.append(
                    CellError(
                        number, "客户统一社会信用代码", _("与第 %(row)s 行重复（机构、期间、客户、类目相同）", row=twin)
                    )
                )
    return errors

"""What a firm types about a standard it meets, and the operator about it."""

from typing import Any

from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.validators import DataRequired, Length, Optional

from marketplace.core.forms import BaseForm, LocalDateField
from marketplace.core.i18n import lazy

FACTS = ("title", "level", "issuer", "issued_on", "valid_to")


class StandardForm(BaseForm):
    """One standard or grade as its certificate says it."""

    standard_no = StringField(
        lazy("标准编号"), [DataRequired(lazy("请填写标准编号，例如 GB/T 33860-2017")), Length(max=60)]
    )
    title = StringField(lazy("标准或等级名称"), [Optional(), Length(max=120)])
    level = StringField(lazy("等级或结论"), [Optional(), Length(max=40)])
    issuer = StringField(lazy("颁发或评定机构"), [DataRequired(lazy("请填写颁发或评定机构")), Length(max=80)])
    issued_on = LocalDateField(lazy("颁发日期"), [Optional()])
    valid_to = LocalDateField(lazy("有效期至"), [Optional()])
    file = FileField(lazy("证明文件"))

    def facts(self) -> dict[str, Any]:
        """What the services take beside the number; texts that were left out are empty."""
        return {name: self[name].data or (None if name.endswith(("_on", "_to")) else "") for name in FACTS}

"""Forms of reports."""

from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, TextAreaField
from wtforms.validators import DataRequired, Length

from marketplace.core.forms import BaseForm
from marketplace.core.i18n import lazy


class DeclareReportsForm(BaseForm):
    file = FileField(lazy("月报文件（CSV 或 XLSX）"), [FileRequired(lazy("请选择文件"))])


class ImportReportsForm(DeclareReportsForm):
    verified = BooleanField(lazy("已核对证据，按 B 级（已核验）导入"))


class VerifyMonthForm(BaseForm):
    evidence = TextAreaField(
        lazy("核验依据"), [DataRequired(lazy("请填写核验依据，例如审计报告或纳税申报表编号")), Length(max=300)]
    )

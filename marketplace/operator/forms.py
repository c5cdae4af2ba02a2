"""Forms of the operator's own pages."""

from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from marketplace.core.forms import BaseForm, LocalDateField
from marketplace.core.i18n import lazy


class ChangeSettingForm(BaseForm):
    value = StringField(lazy("新的取值"), [DataRequired(lazy("请填写新的取值")), Length(max=300)])
    effective_on = LocalDateField(lazy("生效日期"), [DataRequired(lazy("请选择生效日期"))])
    reason = TextAreaField(lazy("调整依据"), [DataRequired(lazy("请填写调整依据")), Length(max=300)])

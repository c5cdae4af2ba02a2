"""The forms of deciding."""

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from marketplace.core.forms import BaseForm
from marketplace.core.i18n import lazy

_NAME = Length(max=60, message=lazy("最多 60 字"))
NEW = "new"


class ShortlistForm(BaseForm):
    """What a list is called and what it is for."""

    name = StringField(
        lazy("清单名称"), [InputRequired(lazy("请填写清单名称")), _NAME], description=lazy("例如：2027 年薪酬外包选型")
    )
    purpose = StringField(
        lazy("采购用途"),
        [Optional(), Length(max=200, message=lazy("最多 200 字"))],
        description=lazy("为哪个部门、多少人、何时开始"),
    )
    note = TextAreaField(lazy("说明"), [Optional(), Length(max=1000, message=lazy("最多 1000 字"))])
    owner = RadioField(lazy("谁可以看到"), choices=[], validators=[Optional()])


class CopyShortlistForm(BaseForm):
    """The name of a copy."""

    name = StringField(lazy("新清单名称"), [InputRequired(lazy("请填写清单名称")), _NAME])


class AddToShortlistForm(BaseForm):
    """On which list services are put: one that is there, or a new one."""

    shortlist = SelectField(lazy("加入哪份清单"), [InputRequired(lazy("请选择清单"))])
    name = StringField(lazy("新清单名称"), [Optional(), _NAME], description=lazy("选择“新建清单”时填写"))
    note = StringField(
        lazy("备注"),
        [Optional(), Length(max=300, message=lazy("最多 300 字"))],
        description=lazy("入选理由、待问清的问题等，可稍后修改"),
    )


class NoteForm(BaseForm):
    """A remark on one service of a list."""

    note = StringField(lazy("备注"), [Optional(), Length(max=300, message=lazy("最多 300 字"))])

"""What people type about a finished order."""

from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace.core.forms import BaseForm
from marketplace.core.i18n import lazy
from marketplace.reviews.rules import LEAST_TEXT, MAX_TEXT


class WriteReviewForm(BaseForm):
    """A score and a few words."""

    score = RadioField(
        lazy("评分"),
        [InputRequired(message=lazy("请选择评分"))],
        choices=[
            ("5", lazy("5 分 非常满意")), ("4", lazy("4 分 满意")), ("3", lazy("3 分 一般")), ("2", lazy("2 分 不满意")),
            ("1", lazy("1 分 很不满意")),
        ],
    )  # fmt: skip
    text = TextAreaField(
        lazy("评价内容"),
        [
            InputRequired(message=lazy("请填写评价内容")),
            Length(LEAST_TEXT, MAX_TEXT, message=lazy("请填写 5 至 2000 字")),
        ],
    )


class ReplyToReviewForm(BaseForm):
    """The firm's answer."""

    text = TextAreaField(
        lazy("回复内容"),
        [
            InputRequired(message=lazy("请填写回复内容")),
            Length(LEAST_TEXT, MAX_TEXT, message=lazy("请填写 5 至 2000 字")),
        ],
    )

"""The pure rules of a review: its score and the length of its words."""

from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy

SCORES = (1, 2, 3, 4, 5)
GOOD_SCORE = 4  # 好评: this score or more
LEAST_TEXT = 5
MAX_TEXT = 2000


def check_score(score: int) -> None:
    """Refuse a score that is not 1 to 5."""
    if score not in SCORES:
        raise Invalid("review.score", lazy("请选择 1 至 5 分"), field="score")


def checked_text(text: str, field: str = "text") -> str:
    """The words without surrounding blanks; refused under 5 or over 2,000 characters."""
    plain = text.strip()
    if not LEAST_TEXT <= len(plain) <= MAX_TEXT:
        raise Invalid(
            "review.text", lazy("请填写 %(least)s 至 %(most)s 字"), field=field, least=LEAST_TEXT, most=MAX_TEXT
        )
    return plain

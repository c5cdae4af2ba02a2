"""Who has taken a case off the desk, so that two people do not work on the same."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import BIG, UTCDateTime, db


class ReviewClaim(db.Model):
    """One person's hold on one case. It ends with the decision, when it is given back, or by itself after `rules.CLAIM_FOR`."""

    __tablename__ = "review_claim"

    noun: Mapped[str] = mapped_column(String(20), primary_key=True)  # organisation, change_request
    ref_id: Mapped[int] = mapped_column(BIG, primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(BIG, index=True)
    claimed_at: Mapped[datetime] = mapped_column(UTCDateTime)

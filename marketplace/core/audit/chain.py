"""The hash chain: sealing what was recorded, and proving that nothing sealed was touched."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

from flask import current_app
from sqlalchemy import Table, bindparam, func, insert, select, update

from marketplace.core import clock
from marketplace.core.audit.trail import GENESIS, AuditAnchor, AuditEvent
from marketplace.core.db import db, is_sqlite
from marketplace.core.progress import Progress, silent

BATCH = 5000
MAX_LINES = 1000
_SEALERS = 0xA0D17  # advisory lock: one sealer at a time
_TABLE = cast(Table, AuditEvent.__table__)
# Plain columns, since rows by the million are not made into objects.
_COLUMNS = [_TABLE.c[name] for name in (
    "seal_no", "id", "created_at", "actor", "user_id", "event", "noun", "ref_id", "organisation_id", "codes", "seal",
)]  # fmt: skip
_dump = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class Head(NamedTuple):
    """The end of the chain: the number of the last seal and the seal; 0 and GENESIS before the first."""

    seal_no: int
    seal: str

    def __str__(self) -> str:
        return f"{self.seal_no}:{self.seal}"


START = Head(0, GENESIS)


def parse_head(text: str) -> Head:
    """A head as it is written down, `N:HASH`; ValueError for anything else."""
    found = re.fullmatch(r"\s*(\d{1,18}):([0-9a-f]{64})\s*", text)
    if found is None:
        raise ValueError(f"not a head of the audit chain: {text[:100]!r}")
    return Head(int(found[1]), found[2])


def digest(previous: str, row: Any, seal_no: int) -> str:
    """The seal of a row behind the previous seal: SHA-256 over everything the row says, and its place."""
    content = [
        seal_no, row.id, row.created_at.isoformat(), row.actor, row.user_id, row.event, row.noun, row.ref_id,
        row.organisation_id, row.codes,
    ]  # fmt: skip
    return hashlib.sha256(f"{previous}{_dump(content)}".encode()).hexdigest()


def find_head() -> Head:
    """Where the chain ends at present."""
    last = db.session.execute(
        select(AuditEvent.seal_no, AuditEvent.seal)
        .where(AuditEvent.seal_no.is_not(None))
        .order_by(AuditEvent.seal_no.desc())
        .limit(1)
    ).first()
    return Head(last.seal_no or 0, last.seal or GENESIS) if last else START


def _marks(head: Head) -> Iterator[str]:
    """The head's mark by each of the deployment's keys, the present one first."""
    for key in current_app.config["DATA_KEYS"]:
        yield hmac.new(f"audit anchor:{key}".encode(), str(head).encode(), hashlib.sha256).hexdigest()


def seal_pending(limit: int = 2000) -> int:
    """Seal the rows that have no seal yet into the chain, in one transaction of the caller; returns how many.

    Rows are taken in the order of their ids as far as they have committed; one that commits later behind a higher id is sealed later:
    the chain's order is that of the seals. Sealers at once queue behind one lock, so the second goes on where the first ended.
    """
    if not is_sqlite():
        db.session.execute(select(func.pg_advisory_xact_lock(_SEALERS)))
    head = find_head()
    rows = db.session.execute(
        select(*_COLUMNS).where(AuditEvent.seal_no.is_(None)).order_by(AuditEvent.id).limit(limit)
    ).all()
    if not rows:
        return 0
    number, seal, seals = head.seal_no, head.seal, []
    for row in rows:
        number, seal = number + 1, digest(seal, row, number + 1)
        seals.append({"row_id": row.id, "number": number, "digest": seal})
    db.session.execute(
        update(_TABLE)
        .where(_TABLE.c.id == bindparam("row_id"), _TABLE.c.seal_no.is_(None))
        .values(seal_no=bindparam("number"), seal=bindparam("digest")),
        seals,
    )
    head = Head(number, seal)
    db.session.execute(
        insert(AuditAnchor).values(created_at=clock.now(), seal_no=number, seal=seal, mark=next(_marks(head)))
    )
    return len(rows)


@dataclass(slots=True)
class Proof:
    """What recomputing the chain found: how many sealed rows, where it ends, what is wrong (the first thousand lines of it)."""

    rows: int = 0
    head: Head = START
    wrong_count: int = 0
    wrong: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Note one thing that is wrong."""
        self.wrong_count += 1
        if len(self.wrong) < MAX_LINES:
            self.wrong.append(line)


def _sealed_rows() -> Iterator[Any]:
    """Every sealed row in the chain's order, a batch in memory at a time; rows that share a number come side by side."""
    number, last_id = -(2**62), 0
    while True:
        batch = db.session.execute(
            select(*_COLUMNS)
            .where(AuditEvent.seal_no >= number, ~((AuditEvent.seal_no == number) & (AuditEvent.id <= last_id)))
            .order_by(AuditEvent.seal_no, AuditEvent.id)
            .limit(BATCH)
        ).all()
        yield from batch
        if len(batch) < BATCH:
            return
        number, last_id = batch[-1].seal_no, batch[-1].id


class _Stops:
    """Heads that must be in the chain, met one after another while it is walked: the anchors, streamed, and those somebody wrote down."""

    def __init__(self, proof: Proof, heads: Sequence[tuple[int, str]]) -> None:
        self.proof = proof
        self.heads: dict[int, list[str]] = {}
        for number, seal in heads:
            self.heads.setdefault(number, []).append(seal)
        self.anchors = self._anchors()
        self.next = next(self.anchors, None)

    def _anchors(self) -> Iterator[Any]:
        number = -(2**62)
        columns = (AuditAnchor.seal_no, AuditAnchor.seal, AuditAnchor.mark)
        while True:
            query = select(*columns).where(AuditAnchor.seal_no > number).order_by(AuditAnchor.seal_no).limit(BATCH)
            batch = db.session.execute(query).all()
            yield from batch
            if len(batch) < BATCH:
                return
            number = batch[-1].seal_no

    def meet(self, number: int, seal: str | None) -> None:
        """The chain has come to this number, with this seal."""
        while self.next is not None and self.next.seal_no <= number:
            anchor, self.next = self.next, next(self.anchors, None)
            self._check_mark(anchor)
            if anchor.seal_no == number and anchor.seal != seal:
                self.proof.say(f"anchor {number} does not match the chain: the chain was rewritten")
        for expected in self.heads.pop(number, ()):
            if expected != seal:
                self.proof.say(f"head {number} was written down as {expected}, the chain says {seal}")

    def _check_mark(self, anchor: Any) -> None:
        head = Head(anchor.seal_no, anchor.seal)
        if not any(hmac.compare_digest(mark, anchor.mark) for mark in _marks(head)):
            self.proof.say(f"anchor {anchor.seal_no} was not made with this deployment's keys (DATA_KEYS)")

    def finish(self, head: Head) -> None:
        """The chain has ended: whatever is still waited for lies beyond its end."""
        last = 0
        while self.next is not None:
            anchor, self.next = self.next, next(self.anchors, None)
            self._check_mark(anchor)
            last = anchor.seal_no
        if last > head.seal_no:
            self.proof.say(f"the end is missing: the chain stops at {head.seal_no}, an anchor knows seal {last}")
        for number, seals in sorted(self.heads.items()):
            for seal in seals:
                if (number, seal) != START:
                    self.proof.say(f"head {number}:{seal} is not in the chain, which ends at {head.seal_no}")


def prove(
    *,
    heads: Sequence[tuple[int, str]] = (),
    unsealed_after: timedelta = timedelta(minutes=10),
    progress: Progress = silent,
) -> Proof:
    """Recompute the whole chain, in bounded memory however long it is.

    Found: a row edited, removed, moved, slipped in or sealed under a number that another has; the end cut off (anchors); a chain
    rewritten as a whole (anchors' mark, `heads` that were written down elsewhere); rows that nobody sealed. After a gap the next row
    cannot be compared, since what stood before it is gone.
    """
    proof, total = Proof(), find_head().seal_no
    stops = _Stops(proof, heads)
    seal, expected, known = GENESIS, 1, True
    for row in _sealed_rows():
        proof.rows += 1
        if row.seal_no < expected:
            proof.say(f"row {row.id} has seal {row.seal_no}, which another row has already")
            continue
        if row.seal_no > expected:
            until = "" if row.seal_no == expected + 1 else f" to {row.seal_no - 1}"
            proof.say(f"gap: seal {expected}{until} is missing")
            known = False
        if known and digest(seal, row, row.seal_no) != row.seal:
            proof.say(f"row {row.id} does not match its seal {row.seal_no}")
        seal, expected, known = row.seal or GENESIS, row.seal_no + 1, True
        stops.meet(row.seal_no, row.seal)
        if proof.rows % 1000 == 0:
            progress(min(proof.rows, total), total)
    proof.head = Head(expected - 1, seal)
    stops.finish(proof.head)
    _find_unsealed(proof, unsealed_after)
    progress(total, total)
    return proof


def _find_unsealed(proof: Proof, unsealed_after: timedelta) -> None:
    before: datetime = clock.now() - unsealed_after
    old = db.session.scalar(
        select(func.count()).select_from(AuditEvent).where(AuditEvent.seal_no.is_(None), AuditEvent.created_at < before)
    )
    if old:
        proof.say(f"{old} rows older than {unsealed_after} were never sealed")


def check(unsealed_after: timedelta = timedelta(minutes=10)) -> list[str]:
    """What is wrong with the chain, one line each; empty when it proves. `prove` says more."""
    return prove(unsealed_after=unsealed_after).wrong


@dataclass(frozen=True, slots=True)
class Recomputed:
    """One row's own proof: the seal before it, what its seal must be, whether it is that, and its neighbours in the chain."""

    previous_seal: str
    digest: str
    holds: bool
    previous_id: int | None
    next_id: int | None


def recompute(row: AuditEvent) -> Recomputed | None:
    """Recompute the seal of one row from the row and the seal before it; None while it is not sealed."""
    if row.seal_no is None:
        return None
    around = db.session.execute(
        select(AuditEvent.seal_no, AuditEvent.id, AuditEvent.seal).where(
            AuditEvent.seal_no.in_((row.seal_no - 1, row.seal_no + 1))
        )
    ).all()
    beside = {one.seal_no: one for one in around}
    before, after = beside.get(row.seal_no - 1), beside.get(row.seal_no + 1)
    previous = before.seal if before else GENESIS
    found = digest(previous, row, row.seal_no)
    return Recomputed(previous, found, found == row.seal, before.id if before else None, after.id if after else None)

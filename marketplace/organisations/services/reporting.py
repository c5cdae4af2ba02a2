"""The half-year report of the firms' identities to the market regulator (电子商务法 28; 网络交易监督管理办法 25), never in clear text."""

import hashlib
import io
import secrets
from dataclasses import dataclass
from datetime import timedelta

import pyzipper
from sqlalchemy import delete

from marketplace.core import audit, clock
from marketplace.core.access import require, require_confirmed, step
from marketplace.core.actor import Actor
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.i18n import lazy, speaking
from marketplace.core.tabular import table_bytes
from marketplace.organisations.access import can_report_identities
from marketplace.organisations.halves import Half
from marketplace.organisations.models import IdentityArchive, IdentityExport
from marketplace.organisations.queries.identities import IDENTITY_COLUMNS, list_identities

KEPT = timedelta(hours=24)
PASSWORD_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class PreparedReport:
    """An encrypted archive and the only place where its password stands."""

    half: Half
    content: bytes
    password: str
    rows: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def prepare_identity_report(*, actor: Actor, half: Half) -> PreparedReport:
    """Make the archive (AES-256; CSV and XLSX inside) under a new random password, before the transaction opens.

    Refused: who may not report; without a fresh confirmation of who one is.
    """
    require(can_report_identities(actor))
    require_confirmed(actor)
    password = "-".join("".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(5)) for _ in range(4))
    stream = io.BytesIO()
    with speaking("zh_CN"):
        rows = list(list_identities(half))
        with pyzipper.AESZipFile(stream, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
            archive.setpassword(password.encode())
            archive.setencryption(pyzipper.WZ_AES, nbits=256)
            for kind in ("csv", "xlsx"):
                archive.writestr(f"identities-{half.code}.{kind}", table_bytes(kind, IDENTITY_COLUMNS, rows))
    return PreparedReport(half, stream.getvalue(), password, len(rows))


def record_identity_report(
    *, actor: Actor, prepared: PreparedReport, recipient: str, reason: str, keep: bool = True
) -> IdentityExport:
    """Log the report, and with `keep` hold its archive ready for a day. The password is stored nowhere.

    Refused: who may not report; an empty recipient or reason.
    """
    require(can_report_identities(actor))
    require_confirmed(actor)
    if not recipient.strip():
        raise Invalid("identity_export.recipient", lazy("请填写接收单位"), field="recipient")
    if not reason.strip():
        raise Invalid("identity_export.reason", lazy("请填写报送依据"), field="reason")
    export = IdentityExport(
        period=prepared.half.code, made_by_id=actor.user_id, actor=actor.audit_name, recipient=recipient.strip()[:100],
        reason=reason.strip()[:300], row_count=prepared.rows, sha256=prepared.sha256,
    )  # fmt: skip
    db.session.add(export)
    db.session.flush()
    if keep:
        db.session.add(IdentityArchive(export_id=export.id, content=prepared.content, expires_at=clock.now() + KEPT))
        db.session.flush()
    audit.record(
        "identity_export.made", "identity_export", export.id, actor=actor, period=export.period, rows=export.row_count,
        sha256=export.sha256,
    )  # fmt: skip
    return export


def note_identity_download(*, actor: Actor, export: IdentityExport) -> None:
    """Write down who took the archive away."""
    require(can_report_identities(actor))
    require_confirmed(actor)
    audit.record("identity_export.fetched", "identity_export", export.id, actor=actor)


@step
def drop_identity_archives() -> int:
    """Forget archives whose day is over."""
    gone = db.session.execute(
        delete(IdentityArchive)
        .where(IdentityArchive.expires_at <= clock.now())
        .execution_options(synchronize_session=False)
    )
    return int(gone.rowcount)  # type: ignore[attr-defined]

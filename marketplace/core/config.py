"""Settings of the deployment, read from the environment. A missing or weak secret, or a demo set-up, stops a production start."""

import os
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import current_app

ROOT = Path(__file__).resolve().parent.parent.parent
SETTLEMENT_MODES = ("supervised", "direct", "stripe")


class BadConfiguration(RuntimeError):
    """The environment does not allow a safe start; the message says which name is wrong."""


def database_url(given: str | None, instance: Path) -> str:
    """The SQLAlchemy address: SQLite under `instance/` by default; any PostgreSQL spelling means psycopg 3."""
    if not given:
        return f"sqlite:///{instance / 'marketplace.sqlite3'}"
    for prefix in ("postgres://", "postgresql://"):
        if given.startswith(prefix):
            return "postgresql+psycopg://" + given.removeprefix(prefix)
    return given


def development_secret(instance: Path) -> str:
    """A random secret kept beside the development database, so that sign-ins survive a restart."""
    path = instance / "secret_key"
    if not path.exists():
        instance.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
        path.chmod(0o600)
    return path.read_text(encoding="ascii")


def upload_scanner(given: str | None) -> str | None:
    """How uploads are scanned for viruses: `clamd:///socket`, `clamd://host:port`, `package.module:factory`, or not at all."""
    if given and not re.fullmatch(r"clamd://(/.+|[^/:]+(:\d{1,5})?)|\w+(\.\w+)*:\w+", given):
        raise BadConfiguration("UPLOAD_SCANNER must be clamd:///socket, clamd://host:port or package.module:factory")
    return given or None


def load_config(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Flask's configuration out of the environment names of the README."""
    env = os.environ if environ is None else environ
    production = env.get("APP_ENV", "development") == "production"
    instance = Path(env.get("INSTANCE_DIR") or ROOT / "instance")
    site = env.get("SITE_URL", f"http://127.0.0.1:{env.get('PORT', '8000')}").rstrip("/")
    secret = env.get("SECRET_KEY") or ("" if production else development_secret(instance))
    mode = env.get("SETTLEMENT_MODE") or ("" if production else "supervised")
    if production:
        _refuse_unsafe(env, secret, mode, site)
    elif mode not in SETTLEMENT_MODES:
        raise BadConfiguration(f"SETTLEMENT_MODE must be one of {', '.join(SETTLEMENT_MODES)}")
    https = site.startswith("https://")
    hosts = [h.strip() for h in env.get("TRUSTED_HOSTS", "").split(",") if h.strip()]
    return {
        "APP_ENV": "production" if production else "development",
        "SECRET_KEY": secret,
        "DATA_KEYS": [key for key in env.get("DATA_KEYS", "").split(",") if key] or [secret],
        "SQLALCHEMY_DATABASE_URI": database_url(env.get("DATABASE_URL"), instance),
        "SQLALCHEMY_ENGINE_OPTIONS": {"pool_size": 10, "max_overflow": 10, "pool_timeout": 15}
        if env.get("DATABASE_URL", "").startswith("postgres")
        else {"pool_size": 20, "max_overflow": 20},
        "REDIS_URL": env.get("REDIS_URL") or None,
        "INSTANCE_DIR": str(instance),
        "SEARCH_INDEX_DIR": env.get("SEARCH_INDEX_DIR") or str(ROOT / "search_index" / "built"),
        "UPLOADS_DIR": env.get("UPLOADS_DIR") or str(instance / "uploads"),
        "UPLOAD_SCANNER": upload_scanner(env.get("UPLOAD_SCANNER")),
        "SETTLEMENT_MODE": mode,
        "SMTP_URL": env.get("SMTP_URL") or None,
        "MAIL_FROM": env.get("MAIL_FROM", "noreply@park.example"),
        "SMS_SENDER": _sms_sender(env.get("SMS_SENDER")),
        "SITE_URL": site,
        "TRUSTED_PROXIES": int(env.get("TRUSTED_PROXIES") or 0),
        "TRUSTED_HOSTS": hosts
        or (None if not production else [site.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]]),
        "LOG_LEVEL": env.get("LOG_LEVEL", "INFO"),
        "QUEUE": "huey",
        "MAX_CONTENT_LENGTH": 64 * 1024 * 1024,
        "MAX_FORM_PARTS": 2000,
        "SESSION_COOKIE_NAME": "__Host-session" if https else "session",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": timedelta(days=7),
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": https,
        "RATELIMIT_STORAGE_URI": env.get("REDIS_URL") or "memory://",
        "RATELIMIT_HEADERS_ENABLED": False,
        "BABEL_DEFAULT_LOCALE": "zh_CN",
        "BABEL_DEFAULT_TIMEZONE": "Asia/Shanghai",
        "ARGON2": {},
        "STRIPE_API_KEY": env.get("STRIPE_API_KEY") or None,
        "STRIPE_WEBHOOK_SECRET": env.get("STRIPE_WEBHOOK_SECRET") or None,
        "STRIPE_API_BASE": env.get("STRIPE_API_BASE") or None,
    }


def _sms_sender(given: str | None) -> str | None:
    """`package.module:factory`, or None: messages are then kept on the operator's outbox page."""
    if given and not all(given.partition(":")):
        raise BadConfiguration("SMS_SENDER must be written as package.module:factory")
    return given or None


def settlement_mode() -> str:
    """Who holds the buyers' money in this deployment: `supervised`, `direct` or `stripe`."""
    return str(current_app.config["SETTLEMENT_MODE"])


def _refuse_unsafe(env: Mapping[str, str], secret: str, mode: str, site: str) -> None:
    if len(secret) < 32 or len(set(secret)) < 8:
        raise BadConfiguration("SECRET_KEY must be set to at least 32 random characters in production")
    if any(len(key) < 32 for key in env.get("DATA_KEYS", "").split(",") if key):
        raise BadConfiguration("DATA_KEYS must hold keys of at least 32 random characters, the present one first")
    if mode not in SETTLEMENT_MODES:
        raise BadConfiguration(f"SETTLEMENT_MODE must be chosen in production: {', '.join(SETTLEMENT_MODES)}")
    if not env.get("SITE_URL") or not site.startswith("https://"):
        raise BadConfiguration("SITE_URL must be the site's https:// address in production")

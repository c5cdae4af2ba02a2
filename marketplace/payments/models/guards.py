"""What the database itself refuses about the ledger, on both engines, even from raw SQL.

SQLite cannot tell who raises a turnover by hand, so there it may only grow and `ledger.check()` finds the rest; PostgreSQL lets
nothing but the posting trigger touch it.
"""

from marketplace.core.db import guard

_FIXED = "id, code, kind, credit_floor, created_at"


def _lite(name: str, rest: str, message: str) -> tuple[str, str]:
    return (
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} {rest} BEGIN SELECT RAISE(ABORT, '{message}'); END",
    )


guard(
    "sqlite",
    *_lite(
        "ledger_transfer_whole",
        "BEFORE INSERT ON ledger_transfer WHEN typeof(NEW.amount_fen) <> 'integer'",
        "a ledger amount is whole fen",
    ),
    "DROP TRIGGER IF EXISTS ledger_transfer_post",
    "CREATE TRIGGER ledger_transfer_post AFTER INSERT ON ledger_transfer BEGIN"
    " UPDATE ledger_account SET debits_fen = debits_fen + NEW.amount_fen WHERE id = NEW.debit_id;"
    " UPDATE ledger_account SET credits_fen = credits_fen + NEW.amount_fen WHERE id = NEW.credit_id; END",
    *_lite(
        "ledger_account_grows",
        "BEFORE UPDATE OF debits_fen, credits_fen ON ledger_account"
        " WHEN NEW.debits_fen < OLD.debits_fen OR NEW.credits_fen < OLD.credits_fen",
        "a ledger turnover only grows",
    ),
    *_lite("ledger_account_fixed", f"BEFORE UPDATE OF {_FIXED} ON ledger_account", "a ledger account is fixed"),
    *_lite("ledger_account_kept", "BEFORE DELETE ON ledger_account", "a ledger account is never removed"),
    *_lite(
        "ledger_account_empty",
        "BEFORE INSERT ON ledger_account WHEN NEW.debits_fen <> 0 OR NEW.credits_fen <> 0",
        "a ledger account begins empty",
    ),
)


def _function(name: str, body: str) -> str:
    return f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"


def _trigger(name: str, table: str, when: str, function: str) -> tuple[str, str]:
    return (f"DROP TRIGGER IF EXISTS {name} ON {table}", f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")


_REFUSE = "RAISE EXCEPTION 'ledger_account is written by the posting trigger only' USING ERRCODE = 'integrity_constraint_violation';"
guard(
    "postgresql",
    _function(
        "ledger_post",
        "UPDATE ledger_account SET debits_fen = debits_fen + NEW.amount_fen WHERE id = NEW.debit_id;"
        " UPDATE ledger_account SET credits_fen = credits_fen + NEW.amount_fen WHERE id = NEW.credit_id; RETURN NEW;",
    ),
    *_trigger("ledger_transfer_post", "ledger_transfer", "AFTER INSERT ON ledger_transfer FOR EACH ROW", "ledger_post"),
    _function("ledger_account_refuse", _REFUSE),
    *_trigger(
        "ledger_account_grows",
        "ledger_account",
        "BEFORE UPDATE OF debits_fen, credits_fen ON ledger_account FOR EACH ROW WHEN (pg_trigger_depth() = 0)",
        "ledger_account_refuse",
    ),
    *_trigger(
        "ledger_account_fixed",
        "ledger_account",
        f"BEFORE UPDATE OF {_FIXED} ON ledger_account FOR EACH ROW",
        "ledger_account_refuse",
    ),
    *_trigger(
        "ledger_account_kept", "ledger_account", "BEFORE DELETE ON ledger_account FOR EACH ROW", "ledger_account_refuse"
    ),
    *_trigger(
        "ledger_account_empty",
        "ledger_account",
        "BEFORE INSERT ON ledger_account FOR EACH ROW WHEN (NEW.debits_fen <> 0 OR NEW.credits_fen <> 0)",
        "ledger_account_refuse",
    ),
)

"""Eight clients place orders at the same moment: not one may fail."""

import threading
import time
from datetime import timedelta

from marketplace.bench.load import Result, charge, in_threads, spent
from marketplace.bench.pages import Facts
from marketplace.bench.visitor import Visitor
from marketplace.core import clock

CLIENTS = 8


def place_orders(port: int, facts: Facts, *, password: str, each: int) -> Result:
    """Every client signs in, then all place `each` orders at once through the form and its check page; times are of the final POST."""
    result, lock = Result(f"place an order, {CLIENTS} clients at once"), threading.Lock()
    visitors = [Visitor(port) for _ in range(CLIENTS)]
    for visitor in visitors:
        visitor.sign_in("client@demo.example", password)
    before, started = spent(port), time.perf_counter()

    def client(number: int) -> None:
        for turn in range(each):
            listing, price = facts.priced[(number * each + turn) % len(facts.priced)]
            took, problem = _place(visitors[number], listing, price)
            with lock:
                result.requests += 1
                result.times.append(took)
                if problem:
                    result.failed += 1
                    result.errors.append(problem)

    in_threads(CLIENTS, client)
    result.seconds = time.perf_counter() - started
    charge(result, before, spent(port))
    return result


def _place(visitor: Visitor, listing: int, price_fen: int) -> tuple[float, str | None]:
    """One order of one unit at the lowest price; the seconds that the final POST took, and what went wrong."""
    path, begins = f"/services/{listing}/order", clock.today() + timedelta(days=7)
    typed = {
        "quantity": "1", "unit_price": f"{price_fen // 100}.{price_fen % 100:02d}", "starts_on": begins.isoformat(),
        "ends_on": (begins + timedelta(days=60)).isoformat(), "step": "check", "milestones-0-title": "全部服务",
        "milestones-0-due_on": (begins + timedelta(days=60)).isoformat(),
    }  # fmt: skip
    at = time.perf_counter()
    try:
        status, page, _place = visitor.submit(path, "quantity", **typed)
        if status != 200:
            return time.perf_counter() - at, f"{status} at the check of {path}"
        at = time.perf_counter()
        status, _page, place = visitor.send(path, page, "quantity", step="place", agree="y")
    except (OSError, LookupError) as broken:
        return time.perf_counter() - at, f"{type(broken).__name__}: {broken}"
    took = time.perf_counter() - at
    placed = status in (302, 303) and place.startswith("/orders/")
    return took, None if placed else f"{status} {place} when placing {path}"

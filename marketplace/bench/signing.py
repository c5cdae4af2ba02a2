"""People who sign in, and pages that only signed-in people see."""

import threading
import time

from argon2 import PasswordHasher

from marketplace.bench.load import Result, charge, in_threads, spent
from marketplace.bench.visitor import Visitor


def sign_in_many(port: int, *, login: str, password: str, clients: int, each: int) -> Result:
    """Every client signs in `each` times at once, each time as a new visitor; times and CPU are of the POST with the password alone.

    The name says what share of the server's CPU is argon2, which is slow on purpose and measured here by itself.
    """
    result, lock = Result("sign-in"), threading.Lock()
    visitors = [[Visitor(port) for _ in range(each)] for _ in range(clients)]
    pages = [[visitor.ask("GET", "/account/sign-in")[1] for visitor in row] for row in visitors]
    before, started = spent(port), time.perf_counter()

    def client(number: int) -> None:
        for visitor, page in zip(visitors[number], pages[number], strict=True):
            at = time.perf_counter()
            try:
                status, _text, place = visitor.send(
                    "/account/sign-in", page, "password", email=login, password=password
                )
                problem = None if status in (302, 303) and "sign-in" not in place else f"{status} {place} at sign-in"
            except (OSError, LookupError) as broken:
                problem = f"{type(broken).__name__} at sign-in"
            with lock:
                result.requests += 1
                result.times.append(time.perf_counter() - at)
                if problem:
                    result.failed += 1
                    result.errors.append(problem)

    in_threads(clients, client)
    result.seconds = time.perf_counter() - started
    charge(result, before, spent(port))
    for row in visitors:
        for visitor in row:
            visitor.connection.close()
    share = min(100, round(100 * argon2_cpu_ms() / result.cpu_ms)) if result.cpu_ms else 0
    result.name = f"sign-in (argon2 is {share} % of CPU)"
    return result


def argon2_cpu_ms(times: int = 5) -> float:
    """What one verification costs with the product's parameters, in milliseconds of CPU."""
    hasher = PasswordHasher()
    kept = hasher.hash("a password to measure")
    started = time.process_time()
    for _ in range(times):
        hasher.verify(kept, "a password to measure")
    return (time.process_time() - started) * 1000 / times


def cookie_of(port: int, *, login: str, password: str) -> dict[str, str]:
    """The headers of a browser in which this person has signed in."""
    visitor = Visitor(port)
    visitor.sign_in(login, password)
    visitor.connection.close()
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}

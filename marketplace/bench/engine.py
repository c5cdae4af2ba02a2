"""The engine alone, in a process of its own: `python -m marketplace.bench.engine FOLDER SECONDS` prints its figures as one line of JSON.

Every search is what the market page asks for: 20 best, the exact total, exact counts of all categories, cities and price bands.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SINGLE = (
    "招聘", "派遣", "外包", "社保", "薪酬", "培训", "猎头", "测评", "背调", "个税", "考勤", "合同", "体检", "咨询", "仲裁", "校招",
    "期权", "落户", "高管", "蓝领", "驻场", "绩效", "公积金", "RPO",
)  # fmt: skip
TERMS = (
    "劳务派遣", "灵活用工", "薪酬外包", "个税申报", "背景调查", "人才测评", "校园招聘", "社保代缴", "股权激励", "人事代理", "高级人才寻访",
    "技能培训", "电子劳动合同", "员工体检", "劳动争议", "人力资源咨询", "岗位外包", "招聘流程外包", "招聘管理系统", "集成电路",
    "生物医药", "新能源", "电子商务", "员工帮助计划",
)  # fmt: skip
TEXTS = (*SINGLE, *TERMS, *(f"{one} {other}" for one, other in zip(TERMS, SINGLE[7:] + SINGLE[:7], strict=True)))
FACETS = ("category", "city")


def resident() -> dict[str, float]:
    """Memory of this process in MB: all that is resident, and its own share without pages mapped from files."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    told = {
        name: float(rest.split()[0]) / 1024
        for name, _, rest in (line.partition(":") for line in lines)
        if rest.endswith("kB")
    }
    return {"all": told["VmRSS"], "own": told["RssAnon"]}


def percentile(times: Sequence[float], share: float) -> float:
    """The time within which this share of them lies."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def queries() -> list[Any]:
    """The searches of the benchmark, in a fixed order."""
    from marketplace.catalog.queries.search import BANDS
    from marketplace.search.engine import Query

    return [Query(text, facets=(*FACETS, BANDS)) for text in TEXTS]


def run(folder: Path, seconds: float) -> dict[str, Any]:
    """Open the index, ask everything once cold and once more, then for this many seconds warm; times in milliseconds."""
    import flask_sqlalchemy  # noqa: F401 - what the site has in memory anyway

    before = resident()
    from marketplace.search.engine import LISTS, Engine
    from marketplace.search.understanding import read_lists

    asked = queries()
    engine = Engine(folder, read_lists(LISTS))
    at = time.perf_counter()
    documents = len(engine.snapshot())
    opened = (time.perf_counter() - at) * 1000
    cold = [_timed(engine, query)[0] for query in asked]
    for query in asked:
        engine.find(query)
    wall, cpu = [], []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for query in asked:
            one = _timed(engine, query)
            wall.append(one[0])
            cpu.append(one[1])
    after = resident()
    return {
        "documents": documents, "open_ms": opened, "searches": len(wall), "per_second": len(wall) / seconds,
        "p50_ms": percentile(wall, 0.5), "p95_ms": percentile(wall, 0.95), "p99_ms": percentile(wall, 0.99),
        "cpu_p50_ms": percentile(cpu, 0.5), "cpu_p99_ms": percentile(cpu, 0.99), "cold_p50_ms": percentile(cold, 0.5),
        "cold_p99_ms": percentile(cold, 0.99), "memory_mb": after["all"] - before["all"], "own_memory_mb": after["own"] - before["own"],
        "cpu_searches_per_second": 1000 * len(cpu) / sum(cpu),
    }  # fmt: skip


def _timed(engine: Any, query: Any) -> tuple[float, float]:
    cpu, wall = time.thread_time(), time.perf_counter()
    engine.find(query)
    return (time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), float(sys.argv[2]))))

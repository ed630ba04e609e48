"""What was measured, as a table and as docs/benchmarks.md."""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import platform
import re
from pathlib import Path

import pytest
from bench.measure import MIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
_PROMISED = (
    "| case | time, times bare Python | promised | memory above bare Python | promised |\n|---|---|---|---|---|\n"
)
_ROWS = "| what | measured | promised |\n|---|---|---|\n"
# A part of the tests is not the page.
_TESTS = 19
# What stands between these lines of the page is written by hand.
_BY_HAND = re.compile("<!-- by hand -->\n(.*)<!-- end of what is by hand -->\n", re.DOTALL)
_PEERS = "| command | time | times trt-lint's | peak memory | exit status |\n|---|---|---|---|---|\n"


class Results:
    """Rows of the page, in the order of the tests. against: other rows than times bare Python."""

    def __init__(self) -> None:
        self.promised: list[str] = []
        self.rows: dict[str, list[str]] = {"large": [], "equivalence": [], "plugin": []}
        self.peers: dict[str, list[str]] = {}

    def promise(self, case: str, ratio: float, most: float, memory: float, most_memory: float | None) -> None:
        """A row of what is promised; memory in bytes."""
        room = "" if most_memory is None else f"{most_memory:g} MiB"
        row = f"| {case} | {ratio:.1f} | {most:g} | {max(0.0, memory) / MIB:.1f} MiB | {room} |\n"
        self.promised.append(row)
        print(f"\n{row}", end="")

    def row(self, table: str, what: str, measured: str, promised: str) -> None:
        """A row of one of the tables in rows."""
        row = f"| {what} | {measured} | {promised} |\n"
        self.rows[table].append(row)
        print(f"\n{row}", end="")

    def peer(self, table: str, command: str, seconds: float, ratio: float, memory: float, status: int) -> None:
        time = f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"
        row = (
            f"| {command} | {time} | {ratio:{'.1f' if ratio < 10 else '.0f'}} | {memory / MIB:,.0f} MiB | {status} |\n"
        )
        self.peers.setdefault(table, []).append(row)
        print(f"\n{row}", end="")


_RESULTS = pytest.StashKey[Results]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_RESULTS] = Results()


@pytest.fixture(scope="session")
def results(request: pytest.FixtureRequest) -> Results:
    return request.config.stash[_RESULTS]


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No configuration is near, and nothing hinders Python from using its compiled modules."""
    monkeypatch.chdir(tmp_path)
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(autouse=True, scope="session")
def compiled() -> Iterator[None]:
    """An installed wheel with compiled modules is what is measured: neither a checkout nor sources."""
    spec = importlib.util.find_spec("pytest_trt.cli.main")
    assert spec is not None and spec.origin is not None and spec.cached is not None
    assert "site-packages" in spec.origin, f"{spec.origin} is no installed wheel: run tox -e bench"
    assert os.path.isfile(spec.cached), f"{spec.origin} is not compiled: run tox -r -e bench"
    yield


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Writes the page where all was measured; a promise that does not hold stands there beside what was measured."""
    results = session.config.stash[_RESULTS]
    measured = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not session.shouldstop
    if not measured or session.testscollected < _TESTS or len(results.peers) < 2 or not all(results.rows.values()):
        return
    PAGE.write_text(page(results), encoding="utf-8")
    print(f"\nwritten: {PAGE.relative_to(PAGE.parents[1])}")


def page(results: Results) -> str:
    said = json.loads((Path(__file__).parents[1] / "data" / "plans" / "runtime.json").read_text())
    peers = "".join(f"\n{title}\n\n{_PEERS}{''.join(rows)}" for title, rows in results.peers.items())
    kept = _BY_HAND.search(PAGE.read_text(encoding="utf-8"))
    return _TEXT.format(
        machine=machine(),
        promised=_PROMISED + "".join(results.promised),
        peers=peers,
        by_hand="" if kept is None else kept[1],
        **{table: _ROWS + "".join(rows) for table, rows in results.rows.items()},
        plans=len(said) - 1,
        **said["device"],
    )


def machine() -> str:
    """The machine and the versions, as a list; no path of it."""
    from importlib.metadata import version

    processor = platform.processor() or platform.machine()
    memory = ""
    if os.path.isfile("/proc/cpuinfo"):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), processor)
        total = Path("/proc/meminfo").read_text().split()[1]
        memory = f", {int(total) / 1024**2:.0f} GiB of memory"
    try:
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        system = platform.system()
    return (
        f"- {datetime.date.today().isoformat()}, pytest-trt {version('pytest-trt')}\n"
        f"- {processor}, {os.cpu_count()} cores{memory}; a virtual or shared machine may well vary by a tenth\n"
        f"- {system}, {platform.system()} {platform.release().partition('-')[0]}\n"
        f"- {platform.python_implementation()} {platform.python_version()},"
        f" tensorflow-cpu {version('tensorflow-cpu')}, modelscan {version('modelscan')}\n"
        f"- pytest {version('pytest')}, NumPy {version('numpy')}, TensorRT-RTX {version('tensorrt-rtx')}\n"
    )


_TEXT = """\
# Speed and memory

Written by `tox -e bench`, which fails where a promise does not hold. Run it on a quiet machine.

{machine}
Measured are whole processes, from their start to their end, of the installed wheel with compiled modules. The commands
of a row take turns, bare Python (`python -c pass` of the same interpreter) among them; a ratio is the median of the
ratios of each turn. Memory is the smallest peak of resident memory; bytes read are what the system counted for the
process, less those of the small graph. Files are in the page cache.

## What is promised

{promised}
"Reach": which of the nodes a request runs, asked because an op that the server lacks stands in a function.

## The pytest plugin

{plugin}
The first row is the CPU time of `pytest --collect-only` on a suite of one test, the plugin installed and unused, less
that of the same command with `-p no:trt`: the median of the differences of the turns. A cache hit makes the key of the
model's content and finds the checked entry; without a GPU nothing is deserialised. TensorRT-RTX is imported before.

## Comparing 100 million float32 values

{equivalence}
Times are those of the whole measurement of one output (`pytest_trt.equivalence.measure`) against `numpy.allclose` on
the same arrays, in turns; the promise is held by numpy.allclose's fastest turn.

## A frozen graph of 1 GiB

64 constants of 16 MiB of noise, and a `TRTEngineOp` behind them. trt-lint jumps over the constants.

{large}
## The same question by other means

"Protos" is [a script](../tests/bench/protos.py) that parses the file with TensorFlow's protos and looks at the op of
every node until it finds one of TF-TRT: less than trt-lint answers, which says what the server will do.
{peers}
What the others answer: `grep` and "protos" find the name, whether or not the server ever meets it. modelscan calls
`TRTEngineOp` an unsafe operator in the SavedModel because its TensorFlow has no such op, and reports no issue in the
frozen graph. `saved_model_cli scan` finds the op and exits 0.

## On a GPU

`tox -e bench` measures nothing there. What TensorRT itself said of {plans} plans, most of them with one thing changed
in the header, is in [runtime.json](../tests/data/plans/runtime.json): {gpu}, driver {driver}, TensorRT {tensorrt}.
`tests/serving/test_plans.py` holds the verdicts to it; `python tests/gpu/make_plans.py OUT` asks a runtime again.

<!-- by hand -->
{by_hand}<!-- end of what is by hand -->
"""

"""Whole processes against `python -c pass` of the same interpreter, in one run: time as a ratio, memory on top of it.

The bounds are promises; what was measured is printed. Run on a quiet machine: `tox -e bench`.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import pytest
from models.writer import (
    DType,
    Func,
    Function,
    Graph,
    MetaGraph,
    Node,
    Signature,
    TensorInfo,
    data,
    number,
    varint,
    write_saved_model,
)

MIB = 1 << 20
DATA = Path(__file__).parents[1] / "data" / "oracle"
COMMAND = Path(sys.executable).with_name("trt-lint")
FLOAT = {"T": DType.FLOAT}


# Runs two commands in turns and prints seconds, peak memory in KiB and exit status of each. A process of its own,
# because the peak of a child begins with what its parent holds.
LAUNCHER = """
import os, sys, time
times, cut = int(sys.argv[1]), sys.argv.index("--")
commands = sys.argv[2:cut], sys.argv[cut + 1:]
null = os.open(os.devnull, os.O_WRONLY)
actions = [(os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)]
for _ in range(times + 1):
    for command in commands:
        started = time.perf_counter()
        process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
        _, status, usage = os.wait4(process, 0)
        print(time.perf_counter() - started, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""


def compare(words: list[str], times: int, status: int, base: list[str] | None = None) -> tuple[float, float]:
    """(ratio of median times, MiB on top) of trt-lint against the base; status: how trt-lint has to end."""
    base = base or [sys.executable, "-c", "pass"]
    run = subprocess.run(
        [sys.executable, "-c", LAUNCHER, str(times), *base, "--", str(COMMAND), *words],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    rows = [line.split() for line in run.stdout.splitlines()][2:]  # the first turn fills the caches
    assert {row[2] for row in rows[1::2]} == {str(status)}
    theirs, ours = (statistics.median(float(row[0]) for row in rows[side::2]) for side in (0, 1))
    before, after = (min(int(row[1]) for row in rows[side::2]) for side in (0, 1))
    return ours / theirs, (after - before) / (1024 * 1024 if sys.platform == "darwin" else 1024)


def show(what: str, ratio: float, memory: float) -> None:
    print(f"\n{what}: {ratio:.1f} times, {memory:+.1f} MiB", end=" ")


@pytest.fixture(autouse=True)
def no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)


@pytest.mark.parametrize(
    ("model", "status"), [("c00_v1_clean", 0), ("c02_v1_main_onpath", 1), ("tftrt_2.14.1_fp16_nobuild", 1)]
)
def test_small(model: str, status: int) -> None:
    ratio, memory = compare([str(DATA / model)], 41, status)
    show(model, ratio, memory)
    assert ratio <= 6


def test_two_hundred_small(tmp_path: Path) -> None:
    for place in range(200):
        shutil.copytree(DATA / "c00_v1_clean", tmp_path / "models" / f"m{place}" / "1")
    ratio, memory = compare(["models"], 11, 0)
    show("200 small models", ratio, memory)
    assert ratio <= 18


def chain(count: int, reach: bool) -> Graph:
    """A chain of additions; with reach, an op that no server knows stands in a function that its last node calls."""
    nodes = [Node("x", "Placeholder", [], {"dtype": DType.FLOAT})]
    for place in range(count):
        before = nodes[-1].name
        nodes.append(Node(f"model/block_{place // 100}/layer_{place}/add", "AddV2", [before, before], FLOAT))
    if not reach:
        return Graph(nodes)
    body = [Node("inside", "TRTEngineOp", ["a"], {})]
    function = Function("f", [("a", DType.FLOAT)], [("b", DType.FLOAT)], body, {"b": "inside:out_tensor:0"})
    attrs = {"Tin": [DType.FLOAT], "Tout": [DType.FLOAT], "f": Func("f")}
    nodes.append(Node("call", "PartitionedCall", [nodes[-1].name], attrs))
    return Graph(nodes, [function])


@pytest.mark.parametrize(("reach", "times", "most"), [(False, 15, 32), (True, 50, 96)])
def test_many_nodes(tmp_path: Path, reach: bool, times: float, most: float) -> None:
    graph = chain(100_000, reach)
    signature = Signature({"x": TensorInfo("x:0")}, {"y": TensorInfo(f"{graph.nodes[-1].name}:0")})
    write_saved_model(tmp_path / "m", MetaGraph(graph, {"serving_default": signature}))
    ratio, memory = compare(["m"], 9, int(reach))
    show(f"100,000 nodes, {'with' if reach else 'without'} reach", ratio, memory)
    assert ratio <= times
    assert memory <= most


def test_large_constants(tmp_path: Path) -> None:
    """A frozen graph of 1 GiB in constants of 16 MiB, the file sparse: against a frozen graph without them."""
    path = tmp_path / "frozen.pb"
    size = 16 * MIB
    with open(path, "wb") as file:
        for place in range(64):
            content = number(1, DType.FLOAT) + data(2, data(2, number(1, size // 4)))
            inner = len(content) + 1 + len(varint(size)) + size
            value = b"\x42" + varint(inner)
            entry = data(1, "value") + b"\x12" + varint(len(value) + inner) + value
            entry_length = len(entry) + inner
            head = data(1, f"w{place}") + data(2, "Const")
            kind = data(5, data(1, "dtype") + data(2, number(6, DType.FLOAT)))
            node = head + kind + b"\x2a" + varint(entry_length)
            file.write(b"\x0a" + varint(len(node) + entry_length) + node + entry + content + b"\x22" + varint(size))
            file.seek(size, os.SEEK_CUR)
        file.write(data(1, Node("end", "TRTEngineOp").encode()))
    assert path.stat().st_size > 1 << 30
    small = tmp_path / "small.pb"
    small.write_bytes(data(1, Node("w0", "NoOp").encode()) + data(1, Node("end", "TRTEngineOp").encode()))
    ratio, memory = compare([str(path)], 21, 1, [str(COMMAND), str(small)])
    show("1 GiB of constants, against a small graph", ratio, memory)
    assert ratio <= 1.5
    assert memory <= 32

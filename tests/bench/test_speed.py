"""Whole processes against `python -c pass` of the same interpreter, in one run: time as a ratio, memory on top of it.

The bounds are promises; what was measured goes to docs/benchmarks.md. Run on a quiet machine: `tox -e bench`.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
from pathlib import Path

import pytest
from bench.graphs import write_chain, write_frozen, write_plan
from bench.measure import HERE, LINT, MIB, PASS, measure, typical
from models.writer import Node, data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.conftest import Results

DATA = HERE.parent / "data" / "oracle"
PLAN = HERE.parent / "data" / "plans" / "fp32.plan"
BIN = Path(sys.executable).parent
DOCKERFILE = "FROM tensorflow/serving:2.17.1\nCOPY models/{name} /models/{name}\nENV MODEL_NAME={name}\n"
COMPOSE = """
services:
  tf:
    image: tensorflow/serving:2.17.1
    volumes: ["../../models/{name}:/models/{name}:ro"]
    environment: {{MODEL_NAME: "{name}"}}
"""
CONFIGURATION = """
[project]
name = "shop"

[tool.trt-lint]
strict = true
extend-exclude = ["attic"]

[[tool.trt-lint.allow]]
rule = "engine-op-fails-request"
path = "models/ranker"
reason = "moves in May"
"""


@pytest.mark.parametrize(
    ("model", "status", "what"),
    [
        ("c00_v1_clean", 0, "a small SavedModel, served"),
        ("c02_v1_main_onpath", 1, "a small SavedModel that does not load"),
        ("tftrt_2.14.1_fp16_nobuild", 1, "a small SavedModel whose requests fail"),
    ],
)
def test_small(results: Results, model: str, status: int, what: str) -> None:
    base, ours = measure([PASS, [LINT, str(DATA / model)]], 41)
    assert ours.status == status
    results.promise(what, ours.ratio(base), 6, ours.memory - base.memory, None)
    assert ours.ratio(base) <= 6


def test_two_hundred_small(results: Results, tmp_path: Path) -> None:
    for place in range(200):
        shutil.copytree(DATA / "c00_v1_clean", tmp_path / "models" / f"m{place}" / "1")
    base, ours = measure([PASS, [LINT, "models"]], 15)
    assert ours.status == 0
    results.promise("200 small SavedModels in one call", ours.ratio(base), 18, ours.memory - base.memory, None)
    assert ours.ratio(base) <= 18


def test_repository(results: Results, tmp_path: Path) -> None:
    """10,000 files, of which 50 are models and 100 deploy them."""
    suffixes = (".py", ".md", ".ts", ".txt", ".json", ".yaml", ".c", ".h", "", ".png", ".sh", ".proto", ".bin")
    for place in range(9800 - 2 * 50):
        folder = tmp_path / "src" / f"package{place // 49}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file{place}{suffixes[place % len(suffixes)]}").write_text("name: x\nvalue: 3\n" * (5 + place % 100))
    (tmp_path / ".gitignore").write_text("*.pyc\n__pycache__/\nbuild/\n.venv/\n*.log\n/data/raw\n")
    for place in range(50):
        name = f"m{place}"
        shutil.copytree(DATA / "c00_v1_clean", tmp_path / "models" / name / "1")
        folder = tmp_path / "deploy" / name
        folder.mkdir(parents=True)
        (folder / "Dockerfile").write_text(DOCKERFILE.format(name=name))
        (folder / "compose.yaml").write_text(COMPOSE.format(name=name))
    base, ours = measure([PASS, [LINT, "."]], 15)
    assert ours.status == 0
    what = "10,000 files, of which 50 are models and 100 deployment files"
    results.promise(what, ours.ratio(base), 25, ours.memory - base.memory, None)
    assert ours.ratio(base) <= 25


def test_configuration(results: Results, tmp_path: Path) -> None:
    shutil.copytree(DATA / "c00_v1_clean", tmp_path / "m" / "1")
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    base, ours = measure([PASS, [LINT, "m"]], 41)
    assert ours.status == 0
    what = "a small SavedModel, with a configuration file"
    results.promise(what, ours.ratio(base), 7, ours.memory - base.memory, None)
    assert ours.ratio(base) <= 7


@pytest.mark.parametrize("target", [None, "tensorrt:8.6.0.12,gpu=sm_90"], ids=["no target", "a target"])
def test_plan(results: Results, tmp_path: Path, target: str | None) -> None:
    write_plan(tmp_path / "little.plan", PLAN.read_bytes(), PLAN.stat().st_size)
    write_plan(tmp_path / "large.plan", PLAN.read_bytes(), 1 << 30)
    asked = [] if target is None else ["--target", target]
    commands = [[LINT, *asked, f"{one}.plan"] for one in ("little", "large")]
    base, little, ours = measure([PASS, *commands], 41)
    assert (little.status, ours.status) == (0, 0)
    what = "a TensorRT plan of 1 GiB" + (f", held against `{target}`" if target else "")
    results.promise(what, ours.ratio(base), 6, ours.memory - base.memory, None)
    assert ours.ratio(base) <= 6
    assert little.read is not None, "no /proc: this bound is measured on Linux"
    assert ours.read is not None
    # What the process reads besides is its modules, the same for both.
    assert ours.read - little.read <= 64 << 10


def test_thousand_plans(results: Results, tmp_path: Path) -> None:
    for place in range(1000):
        shutil.copy(PLAN, tmp_path / f"{place}.plan")
    base, ours = measure([PASS, [LINT, "."]], 11)
    assert ours.status == 0
    results.promise("1,000 TensorRT plans in one call", ours.ratio(base), 20, ours.memory - base.memory, None)
    assert ours.ratio(base) <= 20


@pytest.mark.parametrize(("reach", "times", "most"), [(False, 15, 32), (True, 50, 96)])
def test_many_nodes(results: Results, tmp_path: Path, reach: bool, times: float, most: float) -> None:
    write_chain(tmp_path / "m", 100_000, reach)
    base, ours = measure([PASS, [LINT, "m"]], 11)
    assert ours.status == int(reach)
    what = f"100,000 nodes, {'reach needed' if reach else 'no reach needed'}"
    results.promise(what, ours.ratio(base), times, ours.memory - base.memory, most)
    assert ours.ratio(base) <= times
    assert ours.memory - base.memory <= most * MIB


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("large") / "frozen.pb"
    write_frozen(path, 64)
    assert path.stat().st_size > 1 << 30
    yield path
    os.unlink(path)  # pytest keeps the folders of three runs


def test_large_constants(results: Results, tmp_path: Path, large: Path) -> None:
    small = tmp_path / "small.pb"
    small.write_bytes(data(1, Node("w0", "NoOp").encode()) + data(1, Node("end", "TRTEngineOp").encode()))
    base, little, ours = measure([PASS, [LINT, str(small)], [LINT, str(large)]], 21)
    assert (little.status, ours.status) == (1, 1)
    assert ours.read is not None and little.read is not None, "no /proc: this bound is measured on Linux"
    assert ours.read > little.read > 0
    read = ours.read - little.read
    results.row("large", "time, times bare Python", f"{ours.ratio(base):.1f}", "")
    results.row("large", "time, times trt-lint on a graph of two nodes", f"{ours.ratio(little):.2f}", "1.5")
    results.row("large", "read from the file", f"{read / MIB:.2f} MiB", "4 MiB")
    results.row("large", "memory above bare Python", f"{(ours.memory - base.memory) / MIB:.1f} MiB", "32 MiB")
    assert ours.ratio(little) <= 1.5
    assert read <= 4 * MIB
    assert ours.memory - base.memory <= 32 * MIB


def peers(path: str) -> dict[str, list[str]]:
    """The same question by other means, title -> command."""
    return {
        '"protos"': [sys.executable, str(HERE / "protos.py"), path],
        "`python -c 'import tensorflow'` alone": [sys.executable, "-c", "import tensorflow"],
        "`modelscan -p`": [str(BIN / "modelscan"), "-p", path],
    }


def test_large_by_other_means(results: Results, large: Path) -> None:
    """A hundred times faster than TensorFlow's protos, which read every byte."""
    commands = {
        "`trt-lint`": [LINT, str(large)],
        **peers(str(large)),
        "`grep -c TRTEngineOp`": ["grep", "-c", "TRTEngineOp", str(large)],
        "`cat` to nowhere": ["cat", str(large)],
    }
    ratio, least, most = compared(results, "On the frozen graph of 1 GiB:", commands, 7)
    results.row("large", 'times faster than "protos" (below)', f"{ratio:.0f} (turns: {least:.0f} to {most:.0f})", "100")
    assert ratio >= 100


def test_small_by_other_means(results: Results) -> None:
    path = str(DATA / "tftrt_2.14.1_fp16_nobuild")
    scan = [str(BIN / "saved_model_cli"), "scan", "--dir", path, "--tag_set", "serve", "--op_denylist", "TRTEngineOp"]
    commands = {
        "`trt-lint`": [LINT, path],
        **peers(path),
        "`saved_model_cli scan --op_denylist TRTEngineOp`": scan,
        "`grep -rc TRTEngineOp`": ["grep", "-rc", "TRTEngineOp", path],
    }
    compared(results, "On a small SavedModel of TF-TRT whose every request fails:", commands, 5)


def compared(results: Results, title: str, commands: dict[str, list[str]], turns: int) -> tuple[float, float, float]:
    """Rows of a table of other means; how many times trt-lint's time the protos take: median, least and most.

    trt-lint runs five times a turn and counts with the median: beside commands of seconds one run of it says little.
    """
    lint, *others = commands.values()
    measured = measure([*[lint] * 5, *others], turns)
    ours = typical(measured[:5])
    processes = dict(zip(commands, [ours, *measured[5:]]))
    assert ours.status == 1
    assert processes['"protos"'].status == 1
    for command, process in processes.items():
        results.peer(title, command, process.seconds, process.ratio(ours), process.memory, process.status)
    ratios = processes['"protos"'].ratios(ours)
    return statistics.median(ratios), min(ratios), max(ratios)

"""Imports go one way, and what is not of the standard library waits in functions. Held by the syntax trees.

The linter: artifacts <- serving <- lint <- pytest_trt_rules <- cli. The plugin: errors, artifacts <- engines and
equivalence <- evidence <- suite <- plugin. `lint` and `engines` do not know each other.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_trt
import pytest_trt_rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A room -> what it may know besides itself. The longest name that fits a module is its room.
ALLOWED = {
    "pytest_trt": set(),
    "pytest_trt.errors": set(),
    "pytest_trt.artifacts": set(),
    "pytest_trt.serving": {"pytest_trt.artifacts"},
    "pytest_trt.deploy": {"pytest_trt.artifacts"},
    "pytest_trt.lint": {"pytest_trt", "pytest_trt.artifacts", "pytest_trt.serving", "pytest_trt.deploy"},
    "pytest_trt_rules": {"pytest_trt.artifacts", "pytest_trt.serving", "pytest_trt.lint"},
    "pytest_trt.cli": {
        "pytest_trt",
        "pytest_trt.artifacts",
        "pytest_trt.serving",
        "pytest_trt.lint",
        "pytest_trt_rules",
    },
    "pytest_trt.engines": {
        "pytest_trt.errors",
        "pytest_trt.artifacts",
        "pytest_trt.engines.cache",
        "pytest_trt.engines.cuda",
        "pytest_trt.engines.device",
        "pytest_trt.engines.errors",
    },
    "pytest_trt.engines.errors": {"pytest_trt.errors"},
    "pytest_trt.engines.device": {"pytest_trt.engines.errors"},
    "pytest_trt.engines.cache": {"pytest_trt.errors", "pytest_trt.artifacts", "pytest_trt.engines.errors"},
    "pytest_trt.engines.cuda": {"pytest_trt.errors", "pytest_trt.engines.device", "pytest_trt.engines.errors"},
    "pytest_trt.equivalence": {"pytest_trt.errors", "pytest_trt.artifacts", "pytest_trt.equivalence.verdict"},
    "pytest_trt.equivalence.verdict": set(),
    "pytest_trt.evidence": {
        "pytest_trt",
        "pytest_trt.errors",
        "pytest_trt.equivalence",
        "pytest_trt.equivalence.verdict",
        "pytest_trt.evidence.record",
    },
    "pytest_trt.evidence.record": {"pytest_trt.errors", "pytest_trt.equivalence.verdict"},
    "pytest_trt.suite": {
        "pytest_trt",
        "pytest_trt.errors",
        "pytest_trt.artifacts",
        "pytest_trt.engines",
        "pytest_trt.engines.cache",
        "pytest_trt.engines.cuda",
        "pytest_trt.engines.device",
        "pytest_trt.engines.errors",
        "pytest_trt.equivalence",
        "pytest_trt.equivalence.verdict",
        "pytest_trt.evidence",
        "pytest_trt.evidence.record",
        "pytest_trt.lint",
        "pytest_trt.plugin",
    },
    "pytest_trt.plugin": {"pytest_trt.suite"},
}
# A module, or all of a room -> the packages that it imports as it is imported itself.
AT_ONCE = {
    "pytest_trt.lint.toml": {"tomli"},
    "pytest_trt.lint.report.terminal": {"rich"},
    "pytest_trt.cli.output": {"rich"},
    "pytest_trt.cli.chart.drawn": {"rich"},
    "pytest_trt.cli.inspection.drawn": {"rich"},
    "pytest_trt.engines.building.calibration": {"numpy"},
    "pytest_trt.engines.cuda": {"numpy"},
    "pytest_trt.engines.running": {"numpy"},
    "pytest_trt.equivalence": {"numpy"},
    "pytest_trt.plugin": {"pytest"},
    "pytest_trt.suite": {"pytest"},
}
# And in functions, or as a program: for those who ask for what needs them.
LATER = {
    "pytest_trt.artifacts.remote.store": {"fsspec"},
    "pytest_trt.deploy.formats.yamls": {"yaml"},
    "pytest_trt.engines.cuda.with_cuda_core": {"cuda"},
    "pytest_trt.engines.cuda.with_pycuda": {"pycuda"},
    "pytest_trt.engines.running.tensors": {"ml_dtypes"},
    "pytest_trt.engines.sources.keras_export": {"tensorflow"},
    "pytest_trt.engines.sources.tf2onnx_program": {"numpy", "tf2onnx"},
}
STANDARD = sys.stdlib_module_names | {"tomllib"}
# What no import of the plugin's light rooms brings in, by whatever way.
HEAVY = "numpy ml_dtypes tensorrt tensorrt_rtx pycuda cuda tensorflow keras tf2onnx onnx onnxruntime".split()
LIGHT = (
    "pytest_trt.errors",
    "pytest_trt.artifacts",
    "pytest_trt.engines.cache",
    "pytest_trt.engines.device",
    "pytest_trt.engines.errors",
    "pytest_trt.equivalence.verdict",
    "pytest_trt.evidence.record",
    "pytest_trt.suite",
    "pytest_trt.plugin",
)


def files() -> Iterator[tuple[str, Path]]:
    for package in (pytest_trt, pytest_trt_rules):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


MODULES = dict(files())


def imported(tree: ast.Module) -> Iterator[tuple[str, int, bool]]:
    """Each import: the module, the line, and whether it waits in a function or for `python -m`."""
    waiting: set[ast.AST] = set()
    for node in ast.walk(tree):
        guard = isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
        if guard or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting.update(ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno, node in waiting) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else str(node.module), node.lineno, node in waiting


def fits(module: str, table: Iterable[str]) -> list[str]:
    """The names of a table that are this module or hold it, the longest first."""
    parts = module.split(".")
    names = (".".join(parts[:count]) for count in range(len(parts), 0, -1))
    return [name for name in names if name in table]


def room(module: str) -> str:
    """The room that a module is in."""
    return fits(module, ALLOWED)[0]


def allowed_packages(module: str, waits: bool) -> set[str]:
    found = set().union(*(AT_ONCE[name] for name in fits(module, AT_ONCE)))
    return found | LATER.get(module, set()) if waits else found


@pytest.mark.parametrize(("module", "path"), [pytest.param(*file, id=file[0]) for file in files()])
def test_one_way(module: str, path: Path) -> None:
    wrong = []
    for name, line, waits in imported(ast.parse(path.read_bytes())):
        top = name.partition(".")[0]
        if top in ("pytest_trt", "pytest_trt_rules"):
            if room(name) != room(module) and room(name) not in ALLOWED[room(module)]:
                wrong.append(f"{path.name}:{line}: {room(module)} must not know {name}")
        elif top not in STANDARD and top not in allowed_packages(module, waits):
            wrong.append(f"{path.name}:{line}: {name} is not of the standard library" + ("" if waits else ", at once"))
    assert wrong == []


def test_rooms_are_known() -> None:
    """Every row of the tables is about something, and no module of the package itself is without a room."""
    assert {room(module) for module in MODULES} == set(ALLOWED)
    assert {module for module in MODULES if room(module) == "pytest_trt"} == {"pytest_trt"}
    for table in (AT_ONCE, LATER):
        for name, packages in table.items():
            below = [path for module, path in MODULES.items() if name in fits(module, table)]
            found = {one.partition(".")[0] for path in below for one, *_ in imported(ast.parse(path.read_bytes()))}
            assert packages <= found, name


def loaded(modules: list[str]) -> set[str]:
    """The top-level names that importing these adds to a Python."""
    program = "import importlib, sys; before = set(sys.modules)\n"
    program += "for name in sys.argv[1:]: importlib.import_module(name)\nprint(*(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", program, *modules], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in run.stdout.split()}


def test_light_rooms() -> None:
    assert loaded([module for module in MODULES if fits(module, LIGHT)]).isdisjoint(HEAVY)


def test_the_gate_reads_evidence_with_the_standard_library() -> None:
    assert loaded(["pytest_trt.evidence.record"]) <= STANDARD | {"pytest_trt"}


def test_lint_and_engines_do_not_know_each_other() -> None:
    for one, other in (
        ("lint", "engines"),
        ("engines", "lint"),
        ("engines", "equivalence"),
        ("equivalence", "engines"),
    ):
        known = {known for name, rooms in ALLOWED.items() if fits(name, {f"pytest_trt.{one}"}) for known in rooms}
        assert not [name for name in known if fits(name, {f"pytest_trt.{other}"})]

"""Imports go one way: artifacts <- serving <- lint <- pytest_trt_rules <- cli. Held by the syntax trees."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pytest_trt
import pytest_trt_rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# A room -> what it may know besides itself.
ALLOWED = {
    "pytest_trt": set(),
    "pytest_trt.artifacts": set(),
    "pytest_trt.serving": {"pytest_trt.artifacts"},
    "pytest_trt.lint": {"pytest_trt", "pytest_trt.artifacts", "pytest_trt.serving"},
    "pytest_trt_rules": {"pytest_trt.artifacts", "pytest_trt.serving", "pytest_trt.lint"},
    "pytest_trt.cli": {
        "pytest_trt",
        "pytest_trt.artifacts",
        "pytest_trt.serving",
        "pytest_trt.lint",
        "pytest_trt_rules",
    },
}
OUTSIDE = {
    "pytest_trt.lint.report.terminal": {"rich"},
    "pytest_trt.cli.output": {"rich"},
    "pytest_trt.cli.inspection.drawn": {"rich"},
    "pytest_trt.lint.toml": {"tomli"},
}
STANDARD = __import__("sys").stdlib_module_names | {"tomllib"}


def files() -> Iterator[tuple[str, Path]]:
    for package in (pytest_trt, pytest_trt_rules):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            parts = path.relative_to(root.parent).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imported(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((name if node.module == "pytest_trt" else str(node.module), node.lineno) for name in names)


def room(module: str) -> str:
    """The room that a module is in."""
    parts = module.split(".")
    return ".".join(parts[:2]) if ".".join(parts[:2]) in ALLOWED else parts[0]


@pytest.mark.parametrize(("module", "path"), [pytest.param(*file, id=file[0]) for file in files()])
def test_one_way(module: str, path: Path) -> None:
    wrong = []
    for name, line in imported(ast.parse(path.read_bytes())):
        top = name.partition(".")[0]
        if top in ("pytest_trt", "pytest_trt_rules"):
            if room(name) != room(module) and room(name) not in ALLOWED[room(module)]:
                wrong.append(f"{path.name}:{line}: {room(module)} must not know {name}")
        elif top not in STANDARD and top not in OUTSIDE.get(module, set()):
            wrong.append(f"{path.name}:{line}: {name} is not of the standard library")
    assert wrong == []


def test_rooms_are_known() -> None:
    assert {room(module) for module, _ in files()} == set(ALLOWED)

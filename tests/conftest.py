"""Options and fixtures of all tests."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

NEEDED = ("numpy", "hypothesis", "jsonschema", "xmlschema")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
collect_ignore = ["artifacts"] if "hypothesis" in MISSING else []  # its conftest.py needs it


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-goldens", action="store_true", help="write golden files instead of comparing with them")


class Bare(pytest.Module):
    """A file that needs what is not installed is skipped, and the run says so. In tox all of it is installed."""

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        try:
            return super().collect()
        except self.CollectError as error:
            missing = next((name for name in MISSING if f"No module named '{name}'" in str(error)), None)
            if missing is None:
                raise
        pytest.skip(f"{missing} is not installed", allow_module_level=True)


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    return Bare.from_parent(parent, path=module_path) if MISSING else None


def pytest_report_header() -> list[str]:
    return [f"tests/{folder} is left out: hypothesis is not installed" for folder in collect_ignore]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the terminal of whoever runs the tests can do must not matter."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """golden(name, text): text is what tests/<folder of the test>/goldens/<name> holds."""
    folder = Path(request.path).parent / "goldens"

    def compare(name: str, text: str) -> None:
        path = folder / name
        if request.config.getoption("--update-goldens"):
            folder.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
            return
        assert path.is_file(), f"no golden {path.name}: run pytest --update-goldens and look at what it wrote"
        assert text == path.read_bytes().decode(), f"differs from {os.path.relpath(path)} (--update-goldens)"

    return compare

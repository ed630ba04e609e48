"""What the readers' tests share: property tests that repeat, files made of bytes, and large files made small."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from pytest_trt.artifacts import graph, nodes, saved_model, wire
from pytest_trt.artifacts import open as opening
from pytest_trt.artifacts.wire import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

settings.register_profile(
    "readers",
    deadline=None,
    derandomize="CI" in os.environ,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("readers")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[bytes], Source]]:
    """opened(bytes): a file of these bytes, open; the one before it is closed."""
    last: list[Source] = []

    def write(content: bytes) -> Source:
        for source in last:
            source.close()
        path = tmp_path / "file.pb"
        path.write_bytes(content)
        last[:] = [Source(str(path), "file.pb")]
        return last[0]

    yield write
    for source in last:
        source.close()


@pytest.fixture
def as_large(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """as_large(): from now on every file is read as those over WHOLE are, through windows of 64 bytes."""

    def shrink() -> None:
        for module in (graph, nodes, saved_model, opening):
            monkeypatch.setattr(module, "WHOLE", 0, raising=False)
        monkeypatch.setattr(wire, "WHOLE", 0)
        monkeypatch.setattr(wire, "FIRST_WINDOW", 64)
        monkeypatch.setattr(wire, "LAST_WINDOW", 256)

    return shrink

"""What TensorRT-RTX's own IProgressMonitor reports, and that nobody who listens can break or stop a build."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_trt.engines.backend import load
from pytest_trt.engines.provide import Provider

PROFILES = {"x": ((1, 3, 16, 16), (2, 3, 16, 16), (4, 3, 16, 16))}


class Heard:
    """Everything that a build reports, in order; then does what it is told to."""

    def __init__(self, then: Callable[[str], None] = lambda event: None) -> None:
        self.events: list[tuple[str, str]] = []
        self.threads: set[str] = set()
        self._then = then

    def start(self, what: str) -> None:
        self._hear("start", what)

    def phase(self, text: str) -> None:
        self._hear("phase", text)

    def stop(self) -> None:
        self._hear("stop", "")

    def _hear(self, event: str, text: str) -> None:
        self.events.append((event, text))
        self.threads.add(threading.current_thread().name)
        self._then(event)


def provider_of(tmp_path: Path, heard: Heard) -> Provider:
    return Provider(cache_root=tmp_path / "cache", backend="tensorrt_rtx", progress=heard)


def test_phases(tmp_path: Path, model: Path) -> None:
    assert load("tensorrt-rtx").reports_progress
    heard = Heard()
    provider_of(tmp_path, heard).engine(model, profiles=PROFILES)
    assert heard.events[0] == ("start", str(model))
    assert heard.events[-1] == ("stop", "")
    phases = [text for event, text in heard.events if event == "phase"]
    assert len(phases) >= 3
    assert all(text and text.isprintable() for text in phases)
    assert len(heard.events) == len(phases) + 2
    assert "MainThread" in heard.threads
    assert len(heard.threads) > 1, "TensorRT reports from its own thread"


def test_a_hit_reports_nothing(tmp_path: Path, model: Path) -> None:
    provider_of(tmp_path, Heard()).engine(model, profiles=PROFILES)
    heard = Heard()
    provider_of(tmp_path, heard).engine(model, profiles=PROFILES)
    assert heard.events == []


@pytest.mark.parametrize("error", [RuntimeError("the terminal is gone"), KeyboardInterrupt(), OSError(32, "pipe")])
def test_a_listener_that_raises(tmp_path: Path, model: Path, error: BaseException) -> None:
    def fail(event: str) -> None:
        if event == "phase":
            raise error

    heard = Heard(fail)
    provider = provider_of(tmp_path, heard)
    assert provider.engine(model, profiles=PROFILES).plan_path is not None
    assert provider.events[0]["origin"] == "built"
    assert heard.events[-1] == ("stop", "")
    assert not [one for one in threading.enumerate() if one.name.startswith("trt")]


def test_stop_is_heard_of_a_build_that_fails(tmp_path: Path) -> None:
    heard = Heard()
    with pytest.raises(ZeroDivisionError):
        provider_of(tmp_path, heard).engine(lambda network, trt: 1 / 0, key="fails")
    assert [event for event, _ in heard.events] == ["start", "stop"]

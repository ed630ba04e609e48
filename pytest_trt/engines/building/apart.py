"""Calls of TensorRT on a thread of their own, which no signal reaches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.engines.building.build import Progress

Result = TypeVar("Result")


class Cancelled(Exception):
    """A build that nobody waits for any more."""


class Cancel:
    """Whether a build is to end early. by_monitor: TensorRT asks while it builds, by an IProgressMonitor."""

    def __init__(self, by_monitor: bool) -> None:
        self.by_monitor = by_monitor
        self.asked = threading.Event()
        self.monitor: Any = None

    def check(self) -> None:
        if self.asked.is_set():
            raise Cancelled


def apart(work: Callable[[], Result], cancel: Cancel, progress: Progress | None) -> Result:
    """What work() gives, which runs on a thread of its own: this one takes the signals meanwhile.

    TensorRT does not return for a signal, and what a signal raises in a callback of TensorRT's (its log) is swallowed
    by the bindings: the thread that calls TensorRT must not be the one that is interrupted.
    """
    result: list[Result] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            result.append(work())
        except BaseException as error:
            failure.append(error)
        finally:
            done.set()

    # Not Thread.join: up to Python 3.12 one that a signal interrupts takes the thread for ended.
    done = threading.Event()
    thread = threading.Thread(target=run, name="trt-build", daemon=True)
    try:
        thread.start()
        while not done.wait(0.1):
            pass
    except BaseException:
        # An interpreter that ends while TensorRT logs from another thread is aborted: so it is waited for, and a second
        # interrupt ends the waiting.
        cancel.asked.set()
        if not cancel.by_monitor and progress is not None:
            progress.phase("interrupted; waiting for TensorRT, which cannot be stopped (again: do not wait)")
        if thread.ident is not None:
            done.wait()
        raise
    if failure:
        raise failure[0]
    return result[0]

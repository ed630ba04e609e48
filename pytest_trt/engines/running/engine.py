"""What the user holds: an engine that answers, and knows what it was built from."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pytest_trt.engines.errors import EngineClosed, UsageError
from pytest_trt.engines.running.execution import Execution
from pytest_trt.engines.running.tensors import Tensor


@dataclass(frozen=True)
class Timing:
    """GPU time of executions in milliseconds, by CUDA events, without the copies."""

    median: float
    p90: float
    p99: float
    mean: float
    iterations: int


class Engine:
    """A TensorRT engine.

    io: its inputs and outputs, in TensorRT's order. key: what names it in the cache; of a plan that was given, the
    plan's sha256. plan_path: where the plan is, None where it could not be stored. meta: what it was built from and
    by: product, tensorrt_version, precision, precision_in_use, options, source, device, seconds. source: what was given
    to be built; None of a plan.
    """

    def __init__(
        self,
        what: str,
        key: str,
        plan_path: Path | None,
        meta: Mapping[str, Any],
        io: tuple[Tensor, ...] | None,
        load: Callable[[], Execution],
        source: Any = None,
    ) -> None:
        self.what = what
        self.source = source
        self.key = key
        self.plan_path = plan_path
        self.meta = meta
        self._io = io
        self._load = load
        self._execution: Execution | None = None
        self._closed = False
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "on the GPU" if self._execution is not None else "not loaded"
        return f"<Engine {self.what} {self.key[:12]} {state}>"

    @property
    def io(self) -> tuple[Tensor, ...]:
        """Known without a GPU for engines that were built here; of a plan that was given, read from the engine."""
        if self._io is None:
            with self._lock:
                self._io = self._loaded().tensors
        return self._io

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        return tuple(tensor for tensor in self.io if tensor.mode == "input")

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        return tuple(tensor for tensor in self.io if tensor.mode == "output")

    def load(self) -> Engine:
        """Deserialise now rather than with the first inference. Raises DeviceUnavailable, EngineIncompatible."""
        with self._lock:
            self._loaded()
        return self

    def infer(self, feed: Mapping[str, Any], *, profile: int | None = None) -> dict[str, np.ndarray[Any, Any]]:
        """Run once. feed: one array for each input, of its dtype, shapes within an optimization profile.

        profile: the optimization profile; None: the first that covers the shapes. The arrays returned are new.
        Raises DeviceUnavailable, EngineIncompatible, EngineClosed, InputMismatch, InferenceFailed, OutOfDeviceMemory.
        """
        with self._lock:
            execution = self._execution
            if execution is None:
                execution = self._loaded()
            return execution.infer(feed, profile)

    def benchmark(
        self,
        feed: Mapping[str, Any] | None = None,
        *,
        profile: int | None = None,
        warmup: int = 10,
        iterations: int = 100,
    ) -> Timing:
        """Time executions on the GPU by CUDA events. feed: None takes seeded values of each input's opt shape."""
        if iterations < 1:
            raise UsageError(f"{self.what}: {iterations} iterations cannot be timed", "give iterations=1 or more")
        with self._lock:
            execution = self._loaded()
            if feed is None:
                feed = _some_feed(self.inputs, profile or 0)
            times = np.sort(np.array(execution.times(feed, profile, warmup, iterations)))
        median, p90, p99 = (float(value) for value in np.percentile(times, (50, 90, 99)))
        return Timing(median, p90, p99, float(times.mean()), iterations)

    def close(self) -> None:
        """Free the device memory. What asks for it afterwards gets EngineClosed."""
        with self._lock:
            self._closed = True
            execution, self._execution = self._execution, None
            if execution is not None:
                execution.close()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _loaded(self) -> Execution:
        if self._closed:
            raise EngineClosed(
                f"the engine of {self.what} was freed when the scope that asked for it ended",
                "ask for it in the fixture or test that uses it, or in a fixture of a wider scope",
            )
        if self._execution is None:
            self._execution = self._load()
        return self._execution


def _some_feed(tensors: tuple[Tensor, ...], profile: int) -> dict[str, np.ndarray[Any, Any]]:
    numbers = np.random.default_rng(0)
    feed = {}
    for tensor in tensors:
        if tensor.profiles and not 0 <= profile < len(tensor.profiles):
            raise UsageError(f"there is no optimization profile {profile}", f"there are {len(tensor.profiles)}, from 0")
        shape = tensor.profiles[profile][1] if tensor.profiles else tensor.shape
        if tensor.is_shape_tensor:
            feed[tensor.name] = np.array(shape, tensor.dtype).reshape(tensor.shape)
        elif tensor.dtype is not None and tensor.dtype.kind == "f":
            feed[tensor.name] = numbers.uniform(-1, 1, shape).astype(tensor.dtype)
        else:
            feed[tensor.name] = np.ones(shape, tensor.dtype)
    return feed

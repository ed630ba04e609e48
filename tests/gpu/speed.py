"""Cache hits and inference against the bare calls: python tests/gpu/speed.py MODELS OUT NAME...; ratios, in turns.

MODELS as for calibrate.py, NAME... the models to take of it. Writes OUT/speed.json; docs/benchmarks.md has what an
H100 gave, and the promises.
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pycuda
import pycuda.driver as cuda
import tensorrt as trt
from networks import in_onnx
from networks.in_onnx import TACTICS

from pytest_trt.engines.cuda import choose
from pytest_trt.engines.provide import Provider

ROUNDS = 15
INFERENCES = 200


def in_turns(one: Callable[[], None], two: Callable[[], None], rounds: int) -> tuple[list[float], list[float]]:
    """Seconds of each, one after the other, so that what drifts drifts for both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for function, found in zip((one, two), times):
            began = time.perf_counter()
            function()
            found.append(time.perf_counter() - began)
    return times


def hits(source: Any, options: dict[str, Any], root: Path) -> dict[str, Any]:
    """provider.engine of what is cached, against deserialize_cuda_engine and create_execution_context of its plan."""
    provider = Provider(cache_root=root, backend="tensorrt")
    first = provider.engine(source, **options)
    assert first.plan_path is not None
    plan = first.plan_path.read_bytes()
    runtime = provider.backend().runtime()
    first.close()
    builders = [0]
    made = trt.Builder

    def counted(*arguments: Any) -> Any:
        builders[0] += 1
        return made(*arguments)

    trt.Builder = counted
    context = choose(None, 0).context

    def bare() -> None:
        with context():
            engine = runtime.deserialize_cuda_engine(plan)
            execution = engine.create_execution_context()
            del execution, engine

    def ours() -> None:
        again = Provider(cache_root=root, backend="tensorrt").engine(source, **options)
        again.close()

    time.sleep(2.5)  # a file that is younger than two seconds is hashed anew each time, as it may still change
    for warm in (bare, ours, bare, ours):
        warm()
    gc.disable()
    bares, ourses = in_turns(bare, ours, ROUNDS)
    gc.enable()
    trt.Builder = made
    one, two = statistics.median(bares), statistics.median(ourses)
    return {
        "plan_mib": len(plan) / 2**20,
        "bare_ms": one * 1e3,
        "ours_ms": two * 1e3,
        "ratio": two / one,
        "allowed_ms": one * 1.1e3 + 5,
        "builders": builders[0],
    }


class ByHand:
    """The loop as one writes it with pycuda: pinned memory in and out, one stream, no checks."""

    def __init__(self, engine: Any, outputs: Any, feed: dict[str, Any]) -> None:
        self.feed = feed
        self.context = engine.create_execution_context()
        self.stream = cuda.Stream()
        self.inputs = [(name, *self._placed(name, array.shape, array.dtype)) for name, array in feed.items()]
        self.outputs = []
        for tensor in outputs:
            shape = tuple(self.context.get_tensor_shape(tensor.name))
            self.outputs.append((tensor.name, *self._placed(tensor.name, shape, tensor.dtype)))

    def _placed(self, name: str, shape: tuple[int, ...], dtype: Any) -> tuple[Any, Any]:
        host = cuda.pagelocked_empty(shape, dtype)
        memory = cuda.mem_alloc(host.nbytes)
        if name in self.feed:
            self.context.set_input_shape(name, shape)
        self.context.set_tensor_address(name, int(memory))
        return host, memory

    def __call__(self) -> dict[str, Any]:
        stream = self.stream
        for name, host, memory in self.inputs:
            np.copyto(host, self.feed[name])
            cuda.memcpy_htod_async(memory, host, stream)
        self.context.execute_async_v3(stream.handle)
        for _, host, memory in self.outputs:
            cuda.memcpy_dtoh_async(host, memory, stream)
        stream.synchronize()
        return {name: host.copy() for name, host, _ in self.outputs}


def inference(source: Any, options: dict[str, Any], feed: dict[str, Any], root: Path) -> dict[str, Any]:
    """engine.infer against a loop over pycuda with the same copies: into pinned memory, over, back, out of it."""
    provider = Provider(cache_root=root, backend="tensorrt", cuda="pycuda")
    engine = provider.engine(source, **options)
    assert engine.plan_path is not None
    primary = cuda.Device(0).retain_primary_context()
    primary.push()
    plan = provider.backend().runtime().deserialize_cuda_engine(engine.plan_path.read_bytes())
    hand = ByHand(plan, engine.outputs, feed)
    same = {name: bool(np.array_equal(array, engine.infer(feed)[name])) for name, array in hand().items()}

    def repeated(function: Callable[[], Any]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(INFERENCES):
                function()

        return run

    for warm in (hand, lambda: engine.infer(feed)):
        repeated(warm)()
    gc.disable()
    hands, ours = in_turns(repeated(hand), repeated(lambda: engine.infer(feed)), ROUNDS)
    gc.enable()
    one, two = statistics.median(hands) / INFERENCES, statistics.median(ours) / INFERENCES
    engine.close()
    del hand, plan
    gc.collect()
    primary.pop()
    return {"hand_us": one * 1e6, "ours_us": two * 1e6, "ratio": two / one, "allowed": 1.15, "same": all(same.values())}


def main(models: Path, out: Path, *names: str) -> None:
    root = out / "cache"
    convolution = in_onnx.convolutions().SerializeToString()
    small = {"profiles": in_onnx.CONVOLUTION_PROFILE, "tactic_sources": TACTICS}
    numbers = np.random.default_rng(0)
    jobs: list[tuple[str, Any, dict[str, Any], dict[str, Any]]] = [
        ("convolutions, batch 1", convolution, small, {"x": (1, 3, 32, 32)}),
        ("convolutions, batch 8", convolution, small, {"x": (8, 3, 32, 32)}),
    ]
    for name in names:
        path = models / f"{name}.onnx"
        about = json.loads(path.with_suffix(".json").read_text())
        profiles = {key: tuple(map(tuple, value)) for key, value in about["profiles"].items()}
        options = {"tactic_sources": TACTICS, "profiles": profiles, **about.get("options", {})}
        jobs.append((name, path, options, {key: ranges[1] for key, ranges in profiles.items()}))
    found: dict[str, Any] = {}
    for name, source, options, shapes in jobs:
        feed = {key: numbers.uniform(-1, 1, shape).astype(np.float32) for key, shape in shapes.items()}
        found[name] = {"hit": hits(source, options, root), "infer": inference(source, options, feed, root)}
        print(name, json.dumps(found[name]), flush=True)
    device = Provider(cache_root=root).device()
    facts = {"gpu": device.name, "driver": device.display_driver, "tensorrt": trt.__version__}
    facts["pycuda"] = pycuda.VERSION_TEXT
    (out / "speed.json").write_text(json.dumps({**facts, "found": found}, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])

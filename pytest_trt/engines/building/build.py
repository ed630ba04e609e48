"""Network definition -> plan. Everything here needs TensorRT; nothing here knows the cache.

TensorRT reports what goes wrong in its log and returns None: the log's last errors become the exception's text.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from pytest_trt.artifacts.onnx import OnnxModel
from pytest_trt.engines.backend import Backend
from pytest_trt.engines.building.apart import Cancel, apart
from pytest_trt.engines.building.profiles import add_profiles, check_profiles
from pytest_trt.engines.building.spec import PRECISIONS, BuildSpec
from pytest_trt.engines.errors import (
    BuildFailed,
    NotOnnx,
    OutOfDeviceMemory,
    ProfileMismatch,
    UnsupportedOperator,
    UsageError,
)
from pytest_trt.engines.sources.source import NetworkSource, OnnxSource

Result = TypeVar("Result")


class Progress(Protocol):
    """Who wants to know how a build goes. `phase` is called from TensorRT's threads."""

    def start(self, what: str) -> None: ...
    def phase(self, text: str) -> None: ...
    def stop(self) -> None: ...


class Product:
    """What a build gives. plan: TensorRT's buffer; timing: the timing cache's bytes afterwards, None where this
    TensorRT has none; io: name, mode, dtype, shape of each tensor as the network has them."""

    def __init__(self, plan: Any, timing: bytes | None, io: list[dict[str, Any]], types: set[str], layers: int) -> None:
        self.plan = plan
        self.timing = timing
        self.io = io
        self.types = types
        self.layers = layers
        self.seconds = 0.0
        self.warnings: list[str] = []


def build(
    backend: Backend,
    source: OnnxSource | NetworkSource,
    spec: BuildSpec,
    *,
    timing: bytes | None = None,
    calibrator: Any = None,
    progress: Progress | None = None,
    device: int = 0,
    in_context: Any = None,
) -> Product:
    """Build one plan. One build runs at a time in a process.

    timing: an earlier timing cache of this TensorRT and device. calibrator: an object made by calibration.py.
    device: index of the GPU that is current; in_context makes it current on the thread that builds,
    which is not the caller's. A function that fills the network runs on the caller's.
    Raises NotOnnx, UnsupportedOperator, ProfileMismatch, UsageError, OutOfDeviceMemory, BuildFailed.
    """
    if isinstance(source, OnnxSource):
        check_profiles(source, spec)
    if progress is not None:
        progress.start(source.what)
    cancel = Cancel(backend.reports_progress)

    def inside(work: Callable[..., Result], *arguments: Any) -> Result:
        def worked() -> Result:
            with in_context() if in_context is not None else contextlib.nullcontext():
                return work(backend, source, spec, *arguments)

        return apart(worked, cancel, progress)

    try:
        with backend.building:
            return _build(backend, source, device, timing, calibrator, progress, cancel, inside)
    finally:
        if progress is not None:
            progress.stop()


def _build(
    backend: Backend,
    source: OnnxSource | NetworkSource,
    device: int,
    timing: bytes | None,
    calibrator: Any,
    progress: Progress | None,
    cancel: Cancel,
    inside: Callable[..., Any],
) -> Product:
    mark = backend.record.mark()
    began = time.monotonic()
    # All of it lives until the plan is there: TensorRT keeps pointers.
    made = inside(_network, device, cancel, mark)
    # The user's own code: on this thread, where a signal ends it.
    held = source.fill(made[1], backend.trt) if isinstance(source, NetworkSource) else None
    product: Product = inside(_plan, made, timing, calibrator, progress, cancel, mark)
    product.seconds = time.monotonic() - began
    product.warnings = backend.record.shown(mark)
    del held
    return product


def _network(
    backend: Backend, source: OnnxSource | NetworkSource, spec: BuildSpec, device: int, cancel: Cancel, mark: int
) -> tuple[Any, Any, Any]:
    """The Builder, a network with the ONNX model in it, and the parser, None where the user fills the network."""
    backend.register_plugins(spec.plugins)
    builder = backend.builder(device)
    if builder is None:
        raise _failed(backend, source.what, mark, "no Builder could be made")
    cancel.check()
    network = builder.create_network(_network_flags(backend, spec))
    return builder, network, _parsed(backend, source, spec, network, mark) if isinstance(source, OnnxSource) else None


def _plan(
    backend: Backend,
    source: OnnxSource | NetworkSource,
    spec: BuildSpec,
    made: tuple[Any, Any, Any],
    timing: bytes | None,
    calibrator: Any,
    progress: Progress | None,
    cancel: Cancel,
    mark: int,
) -> Product:
    builder, network, _ = made
    if not network.num_outputs:
        raise BuildFailed(
            f"{source.what}: the network has no output", "call network.mark_output(tensor) for each output", []
        )
    config = builder.create_builder_config()
    before = backend.record.mark()
    _configure(backend, spec, config, network)
    refused = backend.record.errors(before)
    if refused:
        raise UsageError(f"{source.what}: {backend} refuses a builder option: {'; '.join(refused)}", "leave it out")
    profiles = add_profiles(backend, builder, config, network, spec, source)
    if calibrator is not None:
        config.int8_calibrator = calibrator
        if profiles:
            config.set_calibration_profile(profiles[0])
    cache = None
    if backend.has_timing_cache:
        cache = config.create_timing_cache(timing or b"")
        if not config.set_timing_cache(cache, False):
            cache = config.create_timing_cache(b"")
            config.set_timing_cache(cache, False)
    if cancel.by_monitor:
        cancel.monitor = _monitor(backend, cancel, progress)
        config.progress_monitor = cancel.monitor
    cancel.check()
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise _failed(backend, source.what, mark, "the builder returned no engine")
    kept = bytes(config.get_timing_cache().serialize()) if cache is not None else None
    return Product(plan, kept, _io(network, spec), _types(network), network.num_layers)


def merge_timing(backend: Backend, device: int, ours: bytes, stored: bytes | None) -> bytes:
    """Two timing caches of the same TensorRT and device as one. Needs a Builder, so it is called after a build only."""
    if not stored or stored == ours:
        return ours
    with backend.building:
        config = backend.builder(device).create_builder_config()
        cache = config.create_timing_cache(stored)
        if not cache.combine(config.create_timing_cache(ours), False):
            return ours
        return bytes(cache.serialize())


def _network_flags(backend: Backend, spec: BuildSpec) -> int:
    owner = backend.trt.NetworkDefinitionCreationFlag
    flags = 0
    if hasattr(owner, "EXPLICIT_BATCH"):
        flags |= 1 << int(owner.EXPLICIT_BATCH)
    if spec.precision == "typed":
        flags |= 1 << int(owner.STRONGLY_TYPED)
    for name in spec.network_flags:
        flags |= 1 << int(backend.enumerator("NetworkDefinitionCreationFlag", name, "network_flags"))
    return flags


def _parsed(backend: Backend, source: OnnxSource, spec: BuildSpec, network: Any, mark: int) -> Any:
    """Put the model into the network; the parser."""
    trt = backend.trt
    parser = trt.OnnxParser(network, backend.logger)
    for name in spec.parser_flags:
        parser.set_flag(backend.enumerator("OnnxParserFlag", name, "parser_flags"))
    if source.path is not None:
        parsed = parser.parse_from_file(str(source.path))
    else:
        parsed = parser.parse(source.data)
    if parsed:
        return parser
    errors = [parser.get_error(number) for number in range(parser.num_errors)]
    model = source.model
    nodes = [_node(error, model) for error in errors]
    if any("deserialize" in str(error.code()).lower() for error in errors) or not errors:
        said = "; ".join(why for _, _, why in nodes) or "; ".join(backend.record.errors(mark)) or "no reason given"
        raise NotOnnx(f"{source.what}: {backend}'s ONNX parser cannot read it: {said}", "export the model again")
    shown = "".join(f"\n  node {name!r} ({operator}): {why}" for name, operator, why in nodes)
    raise UnsupportedOperator(
        f"{source.what}: {backend}'s ONNX parser refuses {len(nodes)} node{'s' * (len(nodes) != 1)}:{shown}",
        "replace these operators in the model, load a plugin for them (plugins=[...]), or use a TensorRT that has them",
        nodes,
    )


def _node(error: Any, model: OnnxModel) -> tuple[str, str, str]:
    """(name, operator, why) of the node that a parser error is about. 8.6 tells its number, later versions its name."""
    number = error.node()
    name = _said(error, "node_name")
    operator = _said(error, "node_operator")
    if 0 <= number < len(model.nodes) and not operator:
        name, operator, _ = model.nodes[number]
    return name or f"number {number}", " ".join(operator.split()) or "?", " ".join(_said(error, "desc").split())


def _said(error: Any, method: str) -> str:
    """What a parser error answers; the bindings break on text that is not UTF-8."""
    try:
        return str(getattr(error, method)()) if hasattr(error, method) else ""
    except UnicodeDecodeError:
        return ""


def _configure(backend: Backend, spec: BuildSpec, config: Any, network: Any) -> None:
    trt = backend.trt
    if spec.precision == "fp32":
        config.clear_flag(trt.BuilderFlag.TF32)
    elif spec.precision == "tf32":
        config.set_flag(trt.BuilderFlag.TF32)
    for name in (*PRECISIONS[spec.precision or "tf32"], *spec.flags):
        config.set_flag(backend.enumerator("BuilderFlag", name, "flags"))
    if spec.optimization_level is not None:
        config.builder_optimization_level = spec.optimization_level
    for pool, size in spec.memory_pools.items():
        config.set_memory_pool_limit(backend.enumerator("MemoryPoolType", pool, "memory_pools"), size)
    if spec.tactic_sources is not None:
        sources = (backend.enumerator("TacticSource", name, "tactic_sources") for name in spec.tactic_sources)
        config.set_tactic_sources(sum(1 << int(source) for source in sources))
    for feature, on in spec.preview_features.items():
        config.set_preview_feature(backend.enumerator("PreviewFeature", feature, "preview_features"), on)
    for option, enumeration, attribute in (
        ("hardware_compatibility", "HardwareCompatibilityLevel", "hardware_compatibility_level"),
        ("runtime_platform", "RuntimePlatform", "runtime_platform"),
        ("profiling_verbosity", "ProfilingVerbosity", "profiling_verbosity"),
        ("tiling_optimization_level", "TilingOptimizationLevel", "tiling_optimization_level"),
    ):
        name = getattr(spec, option)
        if name is not None:
            setattr(config, attribute, backend.enumerator(enumeration, name, option))
    for option in ("max_aux_streams", "avg_timing_iterations", "max_num_tactics", "l2_limit_for_tiling"):
        if getattr(spec, option) is not None:
            setattr(config, option, getattr(spec, option))
    if spec.compute_capabilities:
        config.num_compute_capabilities = len(spec.compute_capabilities)
        for place, name in enumerate(spec.compute_capabilities):
            capability = backend.enumerator("ComputeCapability", name, "compute_capabilities")
            config.set_compute_capability(capability, place)
    if spec.plugins and spec.embed_plugins:
        config.plugins_to_serialize = list(spec.plugins)
    if spec.layer_precisions:
        _layer_precisions(backend, spec, config, network)


_LAYER_TYPES = {"fp32": "FLOAT", "fp16": "HALF", "int8": "INT8", "bf16": "BF16"}


def _layer_precisions(backend: Backend, spec: BuildSpec, config: Any, network: Any) -> None:
    layers = {network.get_layer(number).name: network.get_layer(number) for number in range(network.num_layers)}
    for name, precision in spec.layer_precisions.items():
        layer = layers.get(name)
        if layer is None:
            raise UsageError(f"layer_precisions: the network has no layer {name!r}", _some(layers))
        if precision not in _LAYER_TYPES:
            raise UsageError(f"layer_precisions: no precision {precision!r}", f"use {', '.join(_LAYER_TYPES)}")
        kind = backend.enumerator("DataType", _LAYER_TYPES[precision], "layer_precisions")
        layer.precision = kind
        for number in range(layer.num_outputs):
            layer.set_output_type(number, kind)
    config.set_flag(backend.enumerator("BuilderFlag", "OBEY_PRECISION_CONSTRAINTS", "layer_precisions"))


def _some(names: Any) -> str:
    listed = sorted(names)
    return f"there are {', '.join(listed[:20])}{', ...' if len(listed) > 20 else ''}" if listed else "there are none"


def _monitor(backend: Backend, cancel: Cancel, progress: Progress | None) -> Any:
    """An IProgressMonitor that tells the phases, and takes a cancellation."""
    trt = backend.trt

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)

        def phase_start(self, name: str, parent: str | None, steps: int) -> None:
            # Whoever listens must not disturb the build: TensorRT would print a traceback for each phase.
            if progress is not None:
                with contextlib.suppress(Exception):
                    progress.phase(name)

        def step_complete(self, name: str, step: int) -> bool:
            return not cancel.asked.is_set()

        def phase_finish(self, name: str) -> None:
            pass

    return Monitor()


def _io(network: Any, spec: BuildSpec) -> list[dict[str, Any]]:
    """The network's inputs and outputs, for whoever has no GPU to deserialise the engine."""
    tensors = []
    for mode, count, get in (
        ("input", network.num_inputs, network.get_input),
        ("output", network.num_outputs, network.get_output),
    ):
        for number in range(count):
            tensor = get(number)
            profiles: list[list[list[int]]] = []
            if mode == "input" and (-1 in tuple(tensor.shape) or tensor.is_shape_tensor):
                asked = [profile[tensor.name] for profile in spec.profiles]
                profiles = [[list(ask.min), list(ask.opt), list(ask.max)] for ask in asked]
            tensors.append(
                {
                    "name": tensor.name,
                    "mode": mode,
                    "dtype": tensor.dtype.name,
                    "shape": list(tensor.shape),
                    "is_shape_tensor": bool(tensor.is_shape_tensor),
                    "profiles": profiles,
                }
            )
    return tensors


def _types(network: Any) -> set[str]:
    """Names of the DataTypes that occur in the network."""
    found = {network.get_input(number).dtype.name for number in range(network.num_inputs)}
    for number in range(network.num_layers):
        layer = network.get_layer(number)
        for place in range(layer.num_outputs):
            tensor = layer.get_output(place)
            if tensor is not None:
                found.add(tensor.dtype.name)
    return found


def _failed(backend: Backend, what: str, mark: int, happened: str) -> Exception:
    """The exception for a builder that returned None, by what its log says."""
    log = backend.record.errors(mark)
    lines = "".join(f"\n  {line}" for line in backend.record.shown(mark)) or "\n  (the log is empty)"
    text = " ".join(log).lower()
    said = f"{what}: {happened}. {backend} said:{lines}"
    if "out of memory" in text or "outofmemory" in text or "cudaerrormemoryallocation" in text:
        return OutOfDeviceMemory(said, "free GPU memory (nvidia-smi shows who holds it), or lower workspace=")
    if "optimization profile" in text:
        return ProfileMismatch(said, "give a profile that covers every dynamic input")
    if "calibrat" in text or "dynamic range" in text:
        return BuildFailed(said, "give calibration=[{input: array}, ...], or a model with Q/DQ nodes", log)
    return BuildFailed(
        said, "the last error names the layer; build with precision='fp32' to see whether that is it", log
    )


def environment() -> dict[str, str | None]:
    """Variables that change what TensorRT builds or computes."""
    return {"NVIDIA_TF32_OVERRIDE": os.environ.get("NVIDIA_TF32_OVERRIDE")}

"""`tensorrt` and `tensorrt_rtx` behind one door. What a version offers is asked of its attributes, never of its number.

The two products share an API that grows and shrinks: 8.6 has weakly typed networks with precision flags, 9 and 10 have
both kinds, 11 and TensorRT-RTX have strongly typed ones alone. Introspected on 8.6.0, TensorRT-RTX 1.7.1 and the 11.4
bindings; tests/bindings holds this module to the latter.
"""

from __future__ import annotations

import atexit
import difflib
import functools
import importlib
import importlib.metadata
import importlib.util
import sys
import threading
import weakref
from collections.abc import Iterable
from typing import Any

from pytest_trt.engines.building.spec import PRECISIONS, BuildSpec
from pytest_trt.engines.errors import BackendMissing, DeviceUnavailable, PrecisionUnavailable, UsageError
from pytest_trt.engines.log import Record, make_logger

MODULES = {"tensorrt": "tensorrt", "tensorrt-rtx": "tensorrt_rtx"}
_EXTRAS = {"tensorrt": "tensorrt", "tensorrt-rtx": "rtx"}
# What computes with fewer bits comes first.
_COARSEST = ("int4", "fp4", "int8", "fp8", "bf16", "fp16", "tf32", "fp32")
_LOADING = threading.Lock()
_TYPE_PRECISION = {"HALF": "fp16", "BF16": "bf16", "FP8": "fp8", "INT8": "int8", "INT4": "int4", "FP4": "fp4"}


class Backend:
    """One TensorRT module. product: "tensorrt" or "tensorrt-rtx"; version: as the module says, "8.6.0"; cuda: major
    version of the CUDA runtime that it is linked with, None where its package does not tell."""

    def __init__(self, product: str, module: Any) -> None:
        self.product = product
        self.trt = module
        self.version: str = module.__version__
        self.cuda = _linked_cuda(product)
        self.record = Record()
        self.logger = make_logger(module, self.record)
        self._runtime: Any = None
        self._plugins: set[str] = set()
        self._making = threading.Lock()
        self._builders: dict[int, Any] = {}
        self.building = threading.Lock()
        self._open: weakref.WeakSet[Any] = weakref.WeakSet()
        self._leaves = False

    def __str__(self) -> str:
        return f"{'TensorRT-RTX' if self.product == 'tensorrt-rtx' else 'TensorRT'} {self.version}"

    @property
    def builds_without_device(self) -> bool:
        """TensorRT-RTX compiles for GPUs that are not there; TensorRT times kernels on the one that is."""
        return self.product == "tensorrt-rtx"

    @property
    def weakly_typed(self) -> bool:
        """Whether precision can be a wish of the builder's configuration."""
        return hasattr(self.trt.BuilderFlag, "FP16")

    @property
    def has_timing_cache(self) -> bool:
        """TensorRT-RTX has the calls, but they ask for a GPU and have no effect."""
        return self.product == "tensorrt" and hasattr(self.trt.IBuilderConfig, "create_timing_cache")

    @property
    def reports_progress(self) -> bool:
        return hasattr(self.trt, "IProgressMonitor")

    def register_plugins(self, libraries: Iterable[str] = ()) -> None:
        """Have plugins known before a model is parsed or a plan deserialised, each once: TensorRT's own
        (EfficientNMS_TRT and its kin; TensorRT-RTX has none), and those of these libraries. Raises UsageError."""
        if "" not in self._plugins and self.product == "tensorrt" and hasattr(self.trt, "init_libnvinfer_plugins"):
            self._plugins.add("")
            self.trt.init_libnvinfer_plugins(self.logger, "")
        for path in libraries:
            if path in self._plugins:
                continue
            mark = self.record.mark()
            if self.trt.get_plugin_registry().load_library(path) is None:
                said = "; ".join(self.record.errors(mark)) or "it gave no reason"
                raise UsageError(f"{path}: {self} cannot load this plugin library: {said}", "run ldd on it")
            self._plugins.add(path)

    def runtime(self) -> Any:
        """The one Runtime of this process. A GPU must be there (device.require): without a driver TensorRT hands out
        an object around a null pointer, and its first use is a segmentation fault."""
        with self._making:
            if self._runtime is None:
                mark = self.record.mark()
                self.register_plugins()
                made = self.trt.Runtime(self.logger)
                if not made:
                    said = "; ".join(self.record.errors(mark)) or "it gave no reason"
                    raise DeviceUnavailable(f"{self} has no runtime here: {said}", "run nvidia-smi to see the driver")
                self._runtime = made
                self._leave_in_order()
            return self._runtime

    def builder(self, device: int) -> Any:
        """The one Builder of this process for the GPU that is current, for whoever holds `building`.

        TensorRT 8.6 takes 10 s and more to make one, as it loads all its kernels. None where it makes none, which the
        log explains.
        """
        if device not in self._builders:
            made = self.trt.Builder(self.logger)
            if not made:
                return None
            self._builders[device] = made
            self._leave_in_order()
        return self._builders[device]

    def opened(self, execution: Any) -> None:
        """Have an execution closed before the interpreter ends."""
        self._open.add(execution)

    def release(self) -> None:
        """Let go of all that lives in a CUDA context: executions, builders, the runtime."""
        for execution in list(self._open):
            execution.close()
        self._builders.clear()
        self._runtime = None

    def _leave_in_order(self) -> None:
        """At exit, before the CUDA context goes: what was registered last runs first, and CUDA was there before."""
        if not self._leaves:
            self._leaves = True
            atexit.register(self.release)

    def enumerator(self, enumeration: str, name: str, option: str) -> Any:
        """The member of an enumeration of TensorRT's. Raises UsageError for one that this version lacks."""
        owner = getattr(self.trt, enumeration, None)
        found = getattr(owner, name, None) if owner is not None else None
        if found is None:
            names = (
                [one for one in dir(owner) if one.isupper() and not one.startswith("_")] if owner is not None else []
            )
            close = difflib.get_close_matches(name, names, 1)
            raise UsageError(
                f"{option}: {self} has no {enumeration}.{name}",
                (f"did you mean {close[0]}? " if close else "") + f"It has {', '.join(names) or 'none'}",
            )
        return found

    def check(self, spec: BuildSpec) -> None:
        """Whether this version offers all that the spec names, without a Builder (whose making takes TensorRT 8.6
        10 s and more). Raises PrecisionUnavailable, UsageError."""
        self.check_precision(spec)
        for name in spec.flags:
            self.enumerator("BuilderFlag", name, "flags")
        for name in spec.network_flags:
            self.enumerator("NetworkDefinitionCreationFlag", name, "network_flags")
        for name in spec.parser_flags:
            self.enumerator("OnnxParserFlag", name, "parser_flags")
        for name in spec.tactic_sources or ():
            self.enumerator("TacticSource", name, "tactic_sources")
        for name in spec.preview_features:
            self.enumerator("PreviewFeature", name, "preview_features")
        for name in spec.memory_pools:
            self.enumerator("MemoryPoolType", name, "memory_pools")
        for name in spec.compute_capabilities:
            self.enumerator("ComputeCapability", name, "compute_capabilities")
        for option, enumeration in (
            ("hardware_compatibility", "HardwareCompatibilityLevel"),
            ("runtime_platform", "RuntimePlatform"),
            ("profiling_verbosity", "ProfilingVerbosity"),
            ("tiling_optimization_level", "TilingOptimizationLevel"),
        ):
            name = getattr(spec, option)
            if name is not None:
                self.enumerator(enumeration, name, option)
        for option in ("max_aux_streams", "avg_timing_iterations", "max_num_tactics", "l2_limit_for_tiling"):
            if getattr(spec, option) is not None and not hasattr(self.trt.IBuilderConfig, option):
                raise UsageError(f"{self} has no builder option {option}", "leave it out")
        if spec.layer_precisions and not self.weakly_typed:
            raise UsageError(
                f"layer_precisions: the networks of {self} are strongly typed, layers have no precision of their own",
                "put Cast nodes into the ONNX model",
            )

    def check_precision(self, spec: BuildSpec) -> None:
        """Raises PrecisionUnavailable, with the way that this version has instead."""
        precision = spec.precision
        typed = "STRONGLY_TYPED" in spec.network_flags
        if precision is None or precision in ("fp32", "tf32"):
            return
        if precision == "typed":
            if not hasattr(self.trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED"):
                raise PrecisionUnavailable(
                    f"precision 'typed': {self} has no strongly typed networks (they came with TensorRT 9)",
                    "ask for fp32, tf32, fp16 or int8, which are wishes that this builder takes",
                )
            return
        missing = [flag for flag in PRECISIONS[precision] if not hasattr(self.trt.BuilderFlag, flag)]
        if missing and self.weakly_typed:
            offered = [
                name
                for name, flags in PRECISIONS.items()
                if all(hasattr(self.trt.BuilderFlag, flag) for flag in flags)
                and (name != "typed" or hasattr(self.trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED"))
            ]
            raise PrecisionUnavailable(
                f"precision {precision!r}: {self} has no builder flag {missing[0]}",
                f"it offers {', '.join(offered)}",
            )
        if missing or typed:
            raise PrecisionUnavailable(
                f"precision {precision!r}: {self if missing else 'a strongly typed network'} takes types from the model"
                " alone, not as a wish of the builder",
                _TYPED_WAY.get(precision, _TYPED_WAY["fp16"]),
            )

    def in_use(self, spec: BuildSpec, types: set[str], capability: str | None, tf32_override: str | None) -> str:
        """The coarsest precision that the engine may compute in, which decides the tolerances.

        types: names of DataType that occur in the network. capability: of the GPU, None where it is not known.
        """
        found = {_TYPE_PRECISION[name] for name in types if name in _TYPE_PRECISION}
        if spec.precision in PRECISIONS:
            found |= {flag.lower() for flag in PRECISIONS[str(spec.precision)]}
        found |= {name for name in (*map(str.lower, spec.flags), *spec.layer_precisions.values()) if name in _COARSEST}
        tf32 = spec.precision != "fp32" and tf32_override != "0"
        if capability is not None and float(capability) < 8:
            tf32 = False
        found.add("tf32" if tf32 else "fp32")
        return min(found, key=_COARSEST.index)


_TYPED_WAY = {
    "fp16": "convert the ONNX model first, with onnxconverter_common.float16.convert_float_to_float16(model,"
    " keep_io_types=True) or ModelOpt's AutoCast (python -m modelopt.onnx.autocast --onnx_path MODEL), and build the"
    " result with precision='typed'",
    "int8": "quantise the ONNX model first, so that it holds QuantizeLinear and DequantizeLinear nodes (python -m"
    " modelopt.onnx.quantization --onnx_path MODEL --quantize_mode int8), and build the result with precision='typed'",
}
_TYPED_WAY["bf16"] = _TYPED_WAY["fp16"].replace("MODEL)", "MODEL --low_precision_type bf16)")
_TYPED_WAY["fp8"] = _TYPED_WAY["int8"].replace("quantize_mode int8", "quantize_mode fp8")
_TYPED_WAY["int8+fp16"] = _TYPED_WAY["int8"]


def find_backend(wish: str, device_why_not: str | None) -> Backend:
    """The TensorRT to build or run with. wish: "auto", "tensorrt" or "tensorrt-rtx" ("tensorrt_rtx" is taken as well).

    device_why_not: why there is no GPU, None where there is one. Without a GPU TensorRT-RTX can still build, TensorRT
    cannot. Raises BackendMissing, DeviceUnavailable, UsageError.
    """
    wish = wish.replace("_", "-").lower()
    if wish not in ("auto", *MODULES):
        raise UsageError(f"there is no backend {wish!r}", f"use auto, {' or '.join(MODULES)}")
    if wish != "auto":
        if wish == "tensorrt" and device_why_not is not None and _installed(wish):
            raise DeviceUnavailable(f"TensorRT builds on a GPU only: {device_why_not}", _NO_GPU)
        return load(wish)
    installed = [product for product in MODULES if _installed(product)]
    if not installed:
        raise BackendMissing(
            "neither tensorrt nor tensorrt_rtx is installed",
            "pip install pytest-trt[tensorrt], or pytest-trt[rtx], which builds without a GPU as well",
        )
    if device_why_not is None:
        return load(installed[0])
    if "tensorrt-rtx" in installed:
        return load("tensorrt-rtx")
    raise DeviceUnavailable(f"TensorRT builds on a GPU only: {device_why_not}", _NO_GPU)


_NO_GPU = "run on a machine with an NVIDIA GPU, or pip install pytest-trt[rtx], whose TensorRT-RTX builds without one"


def load(product: str) -> Backend:
    """Import the module, once. Raises BackendMissing with what the import said."""
    # Two threads that load at a time would have two loggers and two Builders.
    with _LOADING:
        return _load(product)


@functools.cache
def _load(product: str) -> Backend:
    if not _installed(product):
        raise BackendMissing(f"{MODULES[product]} is not installed", f"pip install pytest-trt[{_EXTRAS[product]}]")
    try:
        module = importlib.import_module(MODULES[product])
        return Backend(product, module)
    except Exception as error:  # whatever a package says that is there in part
        raise BackendMissing(
            f"{MODULES[product]} is installed but cannot be imported: {error}",
            f"install it again, complete: pip install --force-reinstall pytest-trt[{_EXTRAS[product]}]",
        ) from None


def _installed(product: str) -> bool:
    name = MODULES[product]
    if name in sys.modules:
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _linked_cuda(product: str) -> str | None:
    """ "13" where the installed distribution's name or requirements say cu13."""
    name = MODULES[product]
    for distribution in (name, f"{name}_cu13", f"{name}_cu12", f"{name}_cu11"):
        try:
            found = importlib.metadata.distribution(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
        for text in (distribution, *(found.requires or ())):
            for major in ("13", "12", "11"):
                if f"cu{major}" in text:
                    return major
    return None

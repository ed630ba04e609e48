"""A source and options -> an engine, out of the cache or built: what `trt_engine` calls, and scripts may.

from pytest_trt.engines import Provider

provider = Provider()
with provider.engine("model.onnx", precision="fp16") as engine:
    print(engine.infer({"x": x})["y"])
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.plan import Plan, read_plan
from pytest_trt.artifacts.wire import Source
from pytest_trt.engines import device as devices
from pytest_trt.engines.backend import Backend, find_backend, load
from pytest_trt.engines.building import build as building
from pytest_trt.engines.building.calibration import Calibration, check_samples, make_calibration, make_calibrator
from pytest_trt.engines.building.spec import BuildSpec, make_spec
from pytest_trt.engines.cache.cache import Cache
from pytest_trt.engines.cache.entries import Built, Entry
from pytest_trt.engines.cache.memo import Memo
from pytest_trt.engines.cuda import choose
from pytest_trt.engines.device import Device
from pytest_trt.engines.errors import (
    BackendMissing,
    BuildFailed,
    DeviceUnavailable,
    EngineIncompatible,
    NativeCodeRefused,
    PrecisionUnavailable,
    UsageError,
)
from pytest_trt.engines.key import key_fields, key_of, timing_key
from pytest_trt.engines.running.engine import Engine
from pytest_trt.engines.running.execution import Execution
from pytest_trt.engines.running.refusal import check_whole, preflight, refusal
from pytest_trt.engines.running.tensors import Tensor, from_meta
from pytest_trt.engines.sources.source import NetworkSource, OnnxSource, PlanSource, TensorFlowSource, recognise

_NATIVE = ("lean runtime", "plugin library")
# What an engine's meta holds beside what the cache puts there.
_META = frozenset(
    "product tensorrt_version precision precision_in_use options source device io layers build_seconds warnings".split()
)


class Provider:
    """Makes engines with one cache, one TensorRT and one GPU. Nothing is imported or asked before the first use.

    cache_root: see cache.default_root. backend: auto, tensorrt or tensorrt_rtx. cuda: pycuda, cuda-core or auto;
    None takes what PYTEST_TRT_CUDA says.
    notify: told what is waited for. progress: shown what is built. events: one record for each engine, in order.
    """

    def __init__(
        self,
        *,
        cache_root: Path | None = None,
        read_only: bool = False,
        max_bytes: int | None = None,
        build_timeout: float | None = None,
        allow_native_code: bool = False,
        backend: str = "auto",
        cuda: str | None = None,
        device_index: int = 0,
        notify: Callable[[str], None] | None = None,
        progress: building.Progress | None = None,
    ) -> None:
        limits: dict[str, Any] = {}
        if max_bytes is not None:
            limits["max_bytes"] = max_bytes
        if build_timeout is not None:
            limits["build_timeout"] = build_timeout
        self.cache = Cache(
            cache_root, read_only=read_only, allow_native_code=allow_native_code, notify=notify, **limits
        )
        self.memo = Memo(self.cache)
        self.events: list[dict[str, Any]] = []
        self._allow_native_code = allow_native_code
        self._backend = backend
        self._cuda = cuda
        self._index = device_index
        self._progress = progress

    def device(self) -> Device:
        """The GPU that engines are built for and run on. Raises DeviceUnavailable with the reason."""
        return devices.require(self._index)

    def device_or_why(self) -> tuple[Device | None, str | None]:
        """The GPU, or the reason why there is none."""
        try:
            return self.device(), None
        except DeviceUnavailable as error:
            return None, error.what

    def backend(self) -> Backend:
        """The TensorRT that engines are built with. Raises BackendMissing, DeviceUnavailable, UsageError."""
        return find_backend(self._backend, self.device_or_why()[1])

    def engine(
        self,
        source: Any,
        *,
        precision: str | None = None,
        profiles: Any = None,
        key: str | None = None,
        calibration: Any = None,
        signature: str | None = None,
        opset: int | None = None,
        **options: Any,
    ) -> Engine:
        """An engine of the source, built only if the cache has none of the same key.

        source: see source.recognise. precision: fp32 (TF32 off), tf32, fp16, bf16, int8, fp8 or typed; None builds
        what the network says, with TF32 where the GPU has it. profiles: {input: (min, opt, max)}, or several of them.
        key: names a network function's content. calibration: feeds for INT8, or a calibration cache. signature, opset:
        of a TensorFlow source. options: builder options, see spec.BuildSpec.
        Raises the classes of errors.py.
        """
        began = time.monotonic()
        known = recognise(source, key)
        if isinstance(known, PlanSource):
            given = (precision, profiles, key, calibration, signature, opset)
            if options or any(one is not None for one in given):
                raise UsageError(
                    f"{known.what} is built already: options change nothing", "give the source, or no options"
                )
            return self._of_plan(known, began)
        spec = make_spec(precision, profiles, **options)
        backend = self.backend()
        samples = None if calibration is None else make_calibration(calibration)
        self._check(backend, spec, samples)
        if isinstance(known, TensorFlowSource):
            from pytest_trt.engines.sources.conversion import ConvertedSource

            known = ConvertedSource(known, self.memo, self.cache.exclusive, signature, opset)
        elif signature is not None or opset is not None:
            raise UsageError("signature and opset belong to TensorFlow sources", "leave them out")
        try:
            if isinstance(known, NetworkSource) and known.key is None:
                entry = self._uncached(backend, known, spec, samples, known.fields(self.memo))
                name = entry.key
            else:
                name, fields = self._named(backend, known, spec, samples)
                if not known.ready and self.cache.find(name) is None:
                    known.prepare()
                    name, fields = self._named(backend, known, spec, samples)
                entry = self._obtained(backend, known, spec, samples, name, fields)
            # A function that fills a network is no model that the engine could be compared with.
            origin = None if isinstance(known, NetworkSource) else source
            engine = self._engine(backend, known.what, name, entry, origin, spec.plugins)
            if self.device_or_why()[0] is not None:
                engine = self._loaded(engine, backend, known, spec, samples, entry)
        finally:
            known.close()
        self._note(engine, entry.origin, time.monotonic() - began)
        return engine

    def _check(self, backend: Backend, spec: BuildSpec, samples: Calibration | None) -> None:
        """Whether this TensorRT has what is asked for. Where TensorRT-RTX only stands in for a TensorRT that has no GPU
        to build on, what it lacks is for want of the GPU."""
        try:
            backend.check(spec)
            if samples is not None and not backend.weakly_typed:
                make_calibrator(backend, None, samples)
        except PrecisionUnavailable as error:
            why = self.device_or_why()[1]
            if self._backend != "auto" or why is None:
                raise
            raise DeviceUnavailable(
                f"{error.what}; TensorRT, which may, builds on a GPU only: {why}",
                f"run it on a machine with an NVIDIA GPU; or for {backend}: {error.cure}",
            ) from None

    def _named(
        self, backend: Backend, source: OnnxSource | NetworkSource, spec: BuildSpec, samples: Calibration | None
    ) -> tuple[str, dict[str, Any]]:
        """The engine's key, and the fields that it is the digest of."""
        fields = key_fields(
            backend,
            source.fields(self.memo),
            spec,
            self.device_or_why()[0],
            self.memo,
            calibration=samples.digest if samples is not None else None,
            environment=building.environment(),
        )
        return key_of(fields), fields

    def _obtained(
        self,
        backend: Backend,
        source: OnnxSource | NetworkSource,
        spec: BuildSpec,
        samples: Calibration | None,
        name: str,
        fields: dict[str, Any],
    ) -> Entry:
        """The entry of this key, whose meta this version can read."""
        device = self.device_or_why()[0]
        # TensorRT-RTX compiles on the processor: its builds do not disturb each other's timing.
        lock = device.uuid if device is not None and backend.product == "tensorrt" else "cpu"

        def build() -> Built:
            return self._built(backend, source, spec, samples, fields["source"])

        entry = self.cache.obtain(name, fields, build, device=lock, what=source.what)
        if _META <= entry.meta.keys():
            return entry
        return self._instead(entry, "its meta.json is another version's", backend, source, spec, samples, fields)

    def _instead(
        self,
        entry: Entry,
        why: str,
        backend: Backend,
        source: OnnxSource | NetworkSource,
        spec: BuildSpec,
        samples: Calibration | None,
        fields: dict[str, Any],
    ) -> Entry:
        """An entry built anew in place of a stored one that cannot be used. Kept by nobody where that one stays."""
        if self.cache.set_aside(entry.key, why):
            return self._obtained(backend, source, spec, samples, entry.key, fields)
        return self._uncached(backend, source, spec, samples, fields["source"])

    def _uncached(
        self,
        backend: Backend,
        source: OnnxSource | NetworkSource,
        spec: BuildSpec,
        samples: Calibration | None,
        named: dict[str, Any],
    ) -> Entry:
        began = time.monotonic()
        built = self._built(backend, source, spec, samples, named)
        seconds = time.monotonic() - began
        sha256 = hashlib.sha256(built.plan).hexdigest()
        meta = {**built.meta, "sha256": sha256, "size": memoryview(built.plan).nbytes}
        return Entry(sha256, None, meta, built.plan, "uncached", seconds)

    def _built(
        self,
        backend: Backend,
        source: OnnxSource | NetworkSource,
        spec: BuildSpec,
        samples: Calibration | None,
        named: dict[str, Any],
    ) -> Built:
        """named: the source's fields that are in the key. Raises BuildFailed where the source is another by now."""
        source.prepare()
        device = self.device_or_why()[0]
        cuda = None
        if device is not None and (backend.product == "tensorrt" or samples is not None):
            cuda = choose(self._cuda, self._index)
        calibrator = None
        if samples is not None:
            assert cuda is not None
            if isinstance(source, OnnxSource):
                check_samples(source.what, samples, source.model, spec)
            calibrator = make_calibrator(backend, cuda, samples)
        timed = timing_key(backend, device) if device is not None and backend.has_timing_cache else None
        try:
            with cuda.context() if cuda is not None else nullcontext():
                product = building.build(
                    backend,
                    source,
                    spec,
                    timing=self.cache.timing(timed) if timed is not None else None,
                    calibrator=calibrator,
                    progress=self._progress,
                    device=self._index,
                    in_context=cuda.context if cuda is not None else None,
                )
                if timed is not None and product.timing:
                    ours = product.timing
                    self.cache.merge_timing(
                        timed, lambda stored: building.merge_timing(backend, self._index, ours, stored)
                    )
        except Exception as error:
            if calibrator is not None and calibrator.failure is not None:
                raise calibrator.failure from error
            raise
        finally:
            if calibrator is not None:
                calibrator.free()
        if source.fields(self.memo) != named:
            raise BuildFailed(
                f"{source.what} changed while it was built: the engine is of neither content",
                "run again when nobody writes it",
                [],
            )
        capability = device.compute_capability if device is not None else None
        override = building.environment()["NVIDIA_TF32_OVERRIDE"]
        header = _plan(product.plan)
        meta = {
            "what": source.what,
            "product": backend.product,
            "tensorrt_version": (header.version if header is not None else None) or backend.version,
            "cuda": backend.cuda,
            "precision": spec.precision,
            "precision_in_use": backend.in_use(spec, product.types, capability, override),
            "options": spec.canonical(),
            "source": named,
            "io": product.io,
            "layers": product.layers,
            "build_seconds": round(product.seconds, 3),
            "warnings": product.warnings,
            "device": _described(device),
        }
        return Built(product.plan, meta)

    def _engine(
        self, backend: Backend, what: str, name: str, entry: Entry, source: Any, plugins: tuple[str, ...]
    ) -> Engine:
        io = from_meta(entry.meta["io"])

        def execution() -> Execution:
            self.device()
            backend.register_plugins(plugins)
            return self._execution(backend, what, entry.bytes(), io)

        return Engine(what, name, entry.plan, entry.meta, io, execution, source)

    def _loaded(
        self,
        engine: Engine,
        backend: Backend,
        source: OnnxSource | NetworkSource,
        spec: BuildSpec,
        samples: Calibration | None,
        entry: Entry,
    ) -> Engine:
        """Deserialise now. A stored plan that the runtime refuses is set aside and built again, once."""
        try:
            return engine.load()
        except EngineIncompatible as error:
            if entry.origin not in ("hit", "waited"):
                raise
            why = error.what
        again = self._instead(entry, why, backend, source, spec, samples, entry.meta["fields"])
        entry.origin = again.origin
        return self._engine(backend, source.what, engine.key, again, engine.source, spec.plugins).load()

    def _of_plan(self, source: PlanSource, began: float) -> Engine:
        """An engine of a plan that its owner built. Its header is judged before TensorRT sees it."""
        if source.path is not None:
            data: Any = _content(source.what, source.path)
        else:
            data = source.data
        name = hashlib.sha256(data).hexdigest()
        plan = check_whole(source.what, _plan(data))
        if plan.prefix:
            data = memoryview(data)[plan.prefix :]
        device, why = self.device_or_why()
        backend: Backend | None = None
        try:
            backend = load(plan.product)
        except BackendMissing:
            if device is not None:
                raise
        if backend is not None:
            preflight(
                source.what,
                plan,
                backend.product,
                str(backend),
                backend.version,
                device.compute_capability if device is not None else None,
            )
        native = [entry for entry, _, _ in plan.entries if entry in _NATIVE]
        if native and not self._allow_native_code:
            raise NativeCodeRefused(
                f"{source.what} holds native code: {' and '.join(native)}, which runs when the plan is deserialised",
                "--trt-allow-native-code (allow_native_code=True) permits it, where you trust who built it",
            )
        meta = {
            "what": source.what,
            "product": plan.product,
            "tensorrt_version": plan.version,
            "precision": None,
            "precision_in_use": None,
            "options": {},
            "source": {"kind": "plan", "sha256": name},
            "device": _described(device),
            "sha256": name,
            "size": memoryview(data).nbytes,
        }

        # TensorRT copies what it deserialises; without a GPU nobody asks for the bytes again.
        held = [data] if device is not None else []

        def execution() -> Execution:
            if backend is None or why is not None:
                raise DeviceUnavailable(f"{source.what} cannot run: {why}", "run it on a machine with an NVIDIA GPU")
            made = self._execution(backend, source.what, held[0])
            held.clear()
            return made

        engine = Engine(source.what, name, source.path, meta, None, execution)
        if device is not None:
            engine.load()
        self._note(engine, "plan", time.monotonic() - began)
        return engine

    def _execution(self, backend: Backend, what: str, data: Any, known: tuple[Tensor, ...] | None = None) -> Execution:
        """Deserialise. Raises DeviceUnavailable before TensorRT is touched, EngineIncompatible, OutOfDeviceMemory."""
        self.device()
        cuda = choose(self._cuda, self._index)
        with cuda.context():
            runtime = backend.runtime()
            if self._allow_native_code and hasattr(runtime, "engine_host_code_allowed"):
                runtime.engine_host_code_allowed = True
            mark = backend.record.mark()
            engine = runtime.deserialize_cuda_engine(data)
            if engine is None:
                raise refusal(what, str(backend), backend.record.errors(mark))
            return Execution(backend, cuda, engine, what, known)

    def _note(self, engine: Engine, origin: str, seconds: float) -> None:
        self.events.append(
            {
                "what": engine.what,
                "key": engine.key,
                "origin": origin,
                "seconds": round(seconds, 3),
                "product": engine.meta["product"],
                "tensorrt": engine.meta["tensorrt_version"],
                "precision": engine.meta["precision_in_use"],
            }
        )


def _described(device: Device | None) -> dict[str, Any] | None:
    if device is None:
        return None
    return {
        "name": device.name,
        "compute_capability": device.compute_capability,
        "multiprocessors": device.multiprocessors,
        "total_memory": device.total_memory,
        "driver": device.display_driver,
        "cuda_driver": device.driver_version,
    }


def _plan(data: Any) -> Plan | None:
    view = memoryview(data)
    return read_plan(lambda offset, length: bytes(view[offset : offset + length]), view.nbytes)


def _content(what: str, path: Path) -> bytes:
    """A file's bytes: they stay as they were judged, whatever its owner does to the file. Raises UsageError."""
    try:
        with Source(str(path)) as file:
            return file.at(0, file.size)
    except ArtifactError as error:
        raise UsageError(f"{what} cannot be read: {error.why}", "see that it is a file you may read") from None

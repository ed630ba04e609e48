"""INT8 calibration, for TensorRT up to 10: samples are run through the network to find each tensor's range.

Later versions and TensorRT-RTX take ranges from Q/DQ nodes of the model alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pytest_trt.artifacts.onnx import OnnxModel
from pytest_trt.engines.backend import Backend
from pytest_trt.engines.building.spec import BuildSpec
from pytest_trt.engines.cuda.protocol import Cuda
from pytest_trt.engines.errors import PrecisionUnavailable, UsageError

_EXAMPLE = 'calibration=[{"x": array}, ...], or the path of a calibration cache that TensorRT wrote'


class Calibration:
    """Samples, or a calibration cache. digest: of the samples' names, dtypes, shapes and bytes, or of the cache."""

    def __init__(self, samples: list[dict[str, np.ndarray[Any, Any]]], cache: bytes | None) -> None:
        self.samples = samples
        self.cache = cache
        digest = hashlib.sha256(cache if cache is not None else b"samples")
        for number, sample in enumerate(samples):
            digest.update(f"{number}\0".encode())
            for name, array in sorted(sample.items()):
                digest.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
                digest.update(np.ascontiguousarray(array).tobytes())
        self.digest = digest.hexdigest()


def make_calibration(given: Any) -> Calibration:
    """A list of feeds, a single feed, or a calibration cache as a path or bytes. Raises UsageError."""
    if isinstance(given, Calibration):
        return given
    if isinstance(given, (bytes, bytearray)):
        return Calibration([], bytes(given))
    if isinstance(given, (str, os.PathLike)):
        try:
            return Calibration([], Path(given).read_bytes())
        except OSError as error:
            raise UsageError(f"{given}: the calibration cache cannot be read: {error.strerror}", _EXAMPLE) from None
    if isinstance(given, Mapping):
        given = [given]
    if not isinstance(given, Iterable):
        raise UsageError(f"calibration is {type(given).__name__}, not samples", _EXAMPLE)
    samples = []
    for number, feed in enumerate(given):
        if not isinstance(feed, Mapping) or not feed:
            raise UsageError(f"calibration sample {number} is no mapping of input names to arrays", _EXAMPLE)
        sample = {str(name): np.asarray(array) for name, array in feed.items()}
        for name, array in sample.items():
            if array.dtype.hasobject:
                raise UsageError(f"calibration sample {number}: {name!r} is no array of numbers", _EXAMPLE)
        samples.append(sample)
    if not samples:
        raise UsageError("calibration holds no samples", _EXAMPLE)
    return Calibration(samples, None)


def check_samples(what: str, calibration: Calibration, model: OnnxModel, spec: BuildSpec) -> None:
    """Whether the samples are what the builder will read: TensorRT takes as many bytes as the input has in profile 0's
    opt, whatever lies there. Raises UsageError."""
    for number, sample in enumerate(calibration.samples):
        for value in model.inputs:
            if value.name not in sample or value.shape is None:
                continue
            array, asked = sample[value.name], spec.profiles[0].get(value.name) if spec.profiles else None
            shape = tuple(value.shape) if asked is None else asked.opt
            dtype = value.dtype or array.dtype.name
            if array.shape != shape or array.dtype.name != dtype:
                raise UsageError(
                    f"{what}: calibration sample {number} gives input {value.name!r} as {array.dtype} {array.shape},"
                    f" and the builder reads {dtype} {shape}",
                    "give each sample in the input's dtype and, where its shape is dynamic, in profile 0's opt shape",
                )


def make_calibrator(backend: Backend, cuda: Cuda | None, calibration: Calibration) -> Any:
    """TensorRT's entropy calibrator over these samples. Must live until the build is over.

    Its `failure` holds what went wrong in a callback, whose exceptions TensorRT swallows. Raises PrecisionUnavailable.
    """
    trt = backend.trt
    if not hasattr(trt, "IInt8EntropyCalibrator2"):
        raise PrecisionUnavailable(
            f"calibration: {backend} has none; it takes INT8 from Q/DQ nodes of the model",
            "quantise the ONNX model first (python -m modelopt.onnx.quantization), and use precision='typed'",
        )

    class Calibrator(trt.IInt8EntropyCalibrator2):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            trt.IInt8EntropyCalibrator2.__init__(self)
            self.failure: BaseException | None = None
            self._samples = iter(calibration.samples)
            self._buffers: dict[str, Any] = {}

        def get_batch_size(self) -> int:
            return 1

        def get_batch(self, names: list[str]) -> list[int] | None:
            try:
                sample = next(self._samples, None)
                return None if sample is None else [self._placed(name, sample) for name in names]
            except BaseException as error:
                self.failure = error
                return None

        def read_calibration_cache(self) -> bytes | None:
            return calibration.cache

        def write_calibration_cache(self, cache: Any) -> None:
            pass

        def free(self) -> None:
            for buffer in self._buffers.values():
                buffer.free()
            self._buffers.clear()

        def _placed(self, name: str, sample: Mapping[str, np.ndarray[Any, Any]]) -> int:
            if name not in sample:
                raise UsageError(f"a calibration sample lacks input {name!r}; it has {', '.join(sample)}", _EXAMPLE)
            array = np.ascontiguousarray(sample[name])
            assert cuda is not None
            buffer = self._buffers.get(name)
            if buffer is None or buffer.nbytes < array.nbytes:
                if buffer is not None:
                    buffer.free()
                buffer = self._buffers[name] = cuda.alloc(max(array.nbytes, 256))
            stream = cuda.stream()
            cuda.h2d(buffer.ptr, array.reshape(-1).view(np.uint8), array.nbytes, stream)
            stream.synchronize()
            stream.free()
            return int(buffer.ptr)

    return Calibrator()

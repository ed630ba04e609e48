"""What can go wrong between a model and an engine that answers: one class each, so that a test can name it."""

from __future__ import annotations

from pytest_trt.errors import TrtError


class UsageError(TrtError):
    """The call itself is wrong: an option that does not exist, two that exclude each other, a missing `key=`."""


class BackendMissing(TrtError):
    """No TensorRT that fits can be imported."""


class DeviceUnavailable(TrtError):
    """What was asked for needs a GPU, and there is none: `what` says precisely why. Tests are skipped for it."""


class ContextConflict(TrtError):
    """pycuda.autoinit made a CUDA context of its own, in which TensorRT's memory and streams do not exist."""


class CudaError(TrtError):
    """The CUDA driver refused a call."""


class OutOfDeviceMemory(CudaError):
    """The GPU's memory does not suffice."""


class NotOnnx(TrtError):
    """The bytes are no ONNX model that the parser can read."""


class ExternalDataMissing(TrtError):
    """A file that an ONNX model keeps its weights in is not there, is too short, or lies outside of its folder."""


class UnsupportedOperator(TrtError):
    """The parser refused nodes. nodes: (name, operator, why) of each, as TensorRT's parser gives them."""

    def __init__(self, what: str, cure: str, nodes: list[tuple[str, str, str]]) -> None:
        super().__init__(what, cure)
        self.nodes = nodes


class ConversionFailed(TrtError):
    """TensorFlow or tf2onnx could not make an ONNX model of the source."""


class ProfileMismatch(TrtError):
    """An optimization profile names an input that is not there, leaves one out, or does not fit its shape."""


class PrecisionUnavailable(TrtError):
    """This TensorRT does not offer the precision, or not in this way."""


class BuildFailed(TrtError):
    """The builder returned nothing. log: its last errors."""

    def __init__(self, what: str, cure: str, log: list[str]) -> None:
        super().__init__(what, cure)
        self.log = log


class EngineIncompatible(TrtError):
    """The runtime refused a plan. kind: version, compute-capability, platform, native-code, damaged, product, memory,
    driver or other; expected is what the runtime or GPU is, got what the plan is; None where nothing says it."""

    def __init__(self, what: str, cure: str, kind: str, expected: str | None = None, got: str | None = None) -> None:
        super().__init__(what, cure)
        self.kind = kind
        self.expected = expected
        self.got = got


class EngineClosed(TrtError):
    """The scope that asked for the engine has ended, and its device memory is free."""


class InputMismatch(TrtError):
    """`infer` got a wrong name, dtype or shape."""


class InferenceFailed(TrtError):
    """TensorRT refused to enqueue, or the GPU reported an error while it ran."""


class CacheUnsafe(TrtError):
    """The cache folder could be changed by someone else, so nothing in it may be loaded."""


class BuildTimeout(TrtError):
    """Another process was building for longer than --trt-build-timeout."""


class NativeCodeRefused(TrtError):
    """A plan out of a shared cache holds native code (a lean runtime or a plugin library)."""

"""A TensorFlow that an artifact may be meant for: what it registers, which kernels, devices and TensorRT it has."""

from __future__ import annotations

from pytest_trt.serving import ops, targets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.tensorrt_version import TensorRTVersion
    from pytest_trt.serving.triton import Triton

TENSORRT_OPS = frozenset(
    "TRTEngineOp CreateTRTResourceHandle InitializeTRTResource SerializeTRTResource GetCalibrationDataOp"
    " TRTCalibOp GetSerializedResourceOp CreateTRTEngineCacheHandle InitializeTRTEngineOp SerializeTRTEngineOp".split()
)
PYTHON_OPS = frozenset(("PyFunc", "PyFuncStateless", "EagerPyFunc"))
_IN_2_17 = frozenset(
    ("TRTEngineOp", "CreateTRTResourceHandle", "InitializeTRTResource", "SerializeTRTResource", "GetCalibrationDataOp")
)
_COPY_OPS = frozenset(("_CopyFromGpuToHost", "_CopyFromHostToGpu"))


class TargetError(ValueError):
    """A target that cannot be understood; the text says what could be meant."""


class Target:
    """An image of TensorFlow Serving, or the TensorFlow inside of another server.

    name: as it was asked for. version: (major, minor, patch). gpu: whether it is a GPU flavour; a GPU is then
    assumed to be there. tensorrt: version of the image's TensorRT, None where the binary has no TensorRT ops.
    capability: compute capability of its GPU as "9.0", None where nobody said. graph_version: the newest
    GraphDef version that it reads, None where unknown. source: where the row comes from.
    tensorrt_ops: whether it has TF-TRT's ops, None where that is not known; why_ops says then what is not known.
    tensorrt_version: what is sure of `tensorrt`, and how many numbers count; None: all of them.
    version_sure: False where the TensorFlow version is inferred: then only what all lists of ops agree on decides.
    serving: whether it is TensorFlow Serving's program, with the op libraries that it links and its warm-up.
    """

    __slots__ = (
        "name",
        "version",
        "gpu",
        "tensorrt",
        "tensorrt_installed",
        "cuda",
        "capability",
        "graph_version",
        "extra_ops",
        "tensorrt_ops",
        "tensorrt_version",
        "version_sure",
        "serving",
        "why_ops",
        "source",
        "sound",
        "_devices",
    )

    def __init__(
        self,
        name: str,
        version: tuple[int, int, int],
        gpu: bool,
        *,
        tensorrt: str | None = None,
        tensorrt_ops: bool | None = False,
        tensorrt_installed: str | None = None,
        tensorrt_version: TensorRTVersion | None = None,
        cuda: str | None = None,
        capability: str | None = None,
        extra_ops: frozenset[str] = frozenset(),
        version_sure: bool = True,
        serving: bool = True,
        why_ops: str = "",
        source: str = "",
    ) -> None:
        self.name = name
        self.version = version
        self.gpu = gpu
        self.tensorrt = tensorrt
        self.tensorrt_ops = tensorrt_ops
        self.tensorrt_installed = tensorrt_installed
        self.cuda = cuda
        self.capability = capability
        self.tensorrt_version = tensorrt_version
        self.version_sure = version_sure
        self.serving = serving
        self.why_ops = why_ops
        self.graph_version = targets.GRAPH_VERSIONS.get(version[:2]) if version_sure else None
        self.extra_ops = extra_ops
        self.source = source
        # Ops that were asked for and have a kernel.
        self.sound: set[str] = set()
        self._devices: dict[str, str | None] = {}

    @property
    def label(self) -> str:
        return ".".join(map(str, self.version)) + (" GPU" if self.gpu else " CPU")

    def kernels(self, op: str) -> str | None:
        """How this server knows an op.

        "." not registered; "-" registered, no kernel for its devices; "+" a kernel for one of its devices;
        None where our lists of other TensorFlow versions disagree and there is none of this one.
        """
        known = self._devices.get(op, "")
        if known == "":
            known = self._devices[op] = self._kernels(op)
        return known

    def _kernels(self, op: str) -> str | None:
        if op in self.extra_ops:
            return "+"
        if op in TENSORRT_OPS:
            if not self.tensorrt_ops:
                return "." if self.tensorrt_ops is False else None
            if op == "TRTEngineOp":
                return "+"
            if op not in _IN_2_17 or self.version < (1, 14, 0):
                return "."
            return "+" if self.version >= (1, 15, 0) else None
        if op in PYTHON_OPS:
            return "-"
        if op in _COPY_OPS:
            return "+" if self.gpu else "."
        if self.serving and targets.linked(op, self.version):
            return "+"
        letters = row(op)
        registered = self._decide(letters, False, lambda letter: "." if letter == "." else "+")
        if registered != "+" or not self.gpu:
            return registered if registered != "+" else self._decide(letters, False, _on_cpu)
        on_cpu = self._decide(letters, False, _on_cpu)
        if on_cpu == "+":
            return on_cpu
        return self._decide(letters, True, _on_gpu)

    def _decide(self, letters: str, gpu: bool, judge: Callable[[str], str | None]) -> str | None:
        """What the lists of one flavour say of this version: its own, else its neighbours where they agree.

        Of a version that is inferred: what all lists agree on. judge gives None for a letter that does not answer the
        question.
        """
        below = above = None
        verdicts = set()
        for version, letter in zip(_listed(), letters):
            if version[1] is not gpu or letter == "?":
                continue
            verdict = judge(letter)
            if verdict is None:
                continue
            verdicts.add(verdict)
            if version[0] == self.version[:2] and self.version_sure:
                return verdict
            if version[0] < self.version[:2]:
                below = verdict
            elif above is None:
                above = verdict
        if len(verdicts) == 1:
            return verdicts.pop()
        return below if below is not None and below == above and self.version_sure else None


def _on_cpu(letter: str) -> str | None:
    return None if letter == "." else "+" if letter in "cb" else "-"


def _on_gpu(letter: str) -> str | None:
    return None if letter == "." else "+" if letter in "gbc" else "-"


_rows: dict[str, str] = {}
_versions: list[tuple[tuple[int, int], bool]] = []


def row(op: str) -> str:
    """One letter a listed TensorFlow, see serving/ops.py."""
    if not _rows:
        for pattern, names in ops.ROWS.items():
            for name in names.split():
                _rows[name] = pattern
    return _rows.get(op) or "." * len(ops.VERSIONS)


def _listed() -> list[tuple[tuple[int, int], bool]]:
    if not _versions:
        for name in ops.VERSIONS:
            major, minor = name.split(".")[:2]
            _versions.append(((int(major), int(minor)), name.endswith("-gpu")))
    return _versions


def parse(text: str, custom: Mapping[str, Target | Runtime | Triton] | None = None) -> Target | Runtime | Triton:
    """The target that a user names: `tensorflow/serving:2.19.0-gpu`, `tritonserver:24.05`, `tensorrt:8.6.1`, a
    configured name, another image of docs/targets.md.

    A registry in front, a digest behind and `,gpu=sm_80` (the GPU that the server has) are understood.
    Raises TargetError.
    """
    if custom and text in custom:
        return custom[text]
    if text.partition(":")[0] in ("tensorrt", "tensorrt-rtx"):
        from pytest_trt.serving import runtime

        return runtime.parse(text)
    name, *options = text.split(",")
    image = name.partition("@")[0]
    repository, _, tag = image.rpartition(":") if ":" in image.rpartition("/")[2] else (image, "", "latest")
    if repository != "tensorflow/serving" and not repository.endswith("/tensorflow/serving"):
        from pytest_trt.serving import families

        found = families.parse(text)
        if found is not None:
            return found
        meant = ", ".join(sorted(custom)) if custom else "none are configured"
        raise TargetError(
            f"target {text!r} is not known; targets are tensorflow/serving:VERSION[-gpu] (see trt-lint targets),"
            f" tensorrt:VERSION[,gpu=sm_NN], tritonserver:YY.MM, other images that trt-lint targets lists, and names"
            f" from the configuration ({meant})"
        )
    capability = _capability(text, options)
    if "@" in name and image == repository:
        raise TargetError(f"target {text!r}: which release a digest pins is not known; write its tag before the @")
    gpu = tag.endswith("-gpu")
    version = tag.removesuffix("-gpu").removesuffix("-devel").removesuffix("-mkl")
    number: tuple[int, int, int] | None
    if version in ("latest", "gpu") and tag in ("latest", "latest-gpu", "latest-devel", "latest-devel-gpu"):
        number = targets.NEWEST
    elif version == "nightly":
        raise TargetError(f"target {text!r}: what a nightly image holds is not known beforehand; name a release")
    else:
        parts = version.split(".")
        if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts):
            raise TargetError(f"target {text!r}: {tag!r} is no version; write it as 2.19.0 or 2.19.0-gpu")
        number = targets.newest_of(tuple(map(int, parts)))
        if number is None:
            near = ", ".join(targets.nearest(tuple(map(int, parts))))
            raise TargetError(f"target {text!r}: there is no TensorFlow Serving {version}; near it are {near}")
    return build(text, number, gpu, capability)


def _capability(text: str, options: Sequence[str]) -> str | None:
    """The compute capability that options name. Raises TargetError for any other option."""
    capability = None
    for option in options:
        capability = capability_of(option)
        if capability is None:
            raise TargetError(f"target {text!r}: {option!r} is not understood; the option is gpu=sm_NN, as gpu=sm_80")
    return capability


def capability_of(option: str) -> str | None:
    """ "8.0" of `gpu=sm_80` or `gpu=8.0`, None where it is no such option."""
    key, _, value = option.partition("=")
    digits = value.removeprefix("sm_").replace(".", "")
    if key.strip() != "gpu" or not (digits.isascii() and digits.isdigit()) or not 2 <= len(digits) <= 3:
        return None
    return f"{digits[:-1]}.{digits[-1]}"


def build(
    name: str,
    version: tuple[int, int, int],
    gpu: bool,
    capability: str | None = None,
    extra: frozenset[str] = frozenset(),
) -> Target:
    """A target from the table of images."""
    image = targets.IMAGES[version]
    return Target(
        name,
        version,
        gpu,
        tensorrt=image.tensorrt if gpu and image.tensorrt_ops else None,
        tensorrt_ops=gpu and image.tensorrt_ops,
        tensorrt_installed=image.tensorrt if gpu else None,
        cuda=image.cuda if gpu else None,
        capability=capability if gpu else None,
        extra_ops=extra,
        source=image.source,
    )


def default() -> list[Target]:
    """What models are judged against when nobody names a target: the newest images, CPU and GPU."""
    version = ".".join(map(str, targets.NEWEST))
    return [
        build(f"tensorflow/serving:{version}", targets.NEWEST, False),
        build(f"tensorflow/serving:{version}-gpu", targets.NEWEST, True),
    ]

"""What an image reference of a deployment file says of its server: family, version, flavour, TF-TRT's ops, tag.

For pairing an artifact with the line that deploys it. `server_of` never raises; what an image holds where nobody can
say is None, with the reason in `why`.
"""

from __future__ import annotations

from pytest_trt.serving import families, targets
from pytest_trt.serving.target import Target, TargetError, build, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.triton import Triton

_FLAVOURS = ("-devel-gpu", "-gpu", "-devel", "-mkl", "-devel-mkl")


class ServerImage:
    """An image that is known by its repository.

    reference: as it was given. repository, tag: of it; tag None where there is none. kind: the family's name in
    `trt-lint targets`, as "tensorflow/serving", "tritonserver", "bitnami". server: "tensorflow-serving", "triton", or
    "other" for images that serve nothing (NVIDIA's tensorflow and tensorrt). target: what it is judged as, None where
    nobody can say, which `why` tells. version: of TensorFlow Serving, None for others. month: of NVIDIA's images.
    gpu: whether it is a GPU flavour. floating: whether the tag means another image tomorrow (no tag, latest, nightly, a
    part of a version; never with a digest).
    tensorrt_ops: whether its TensorFlow has TF-TRT's ops, None where that is not known. better: the reference of the
    flavour of the same version that has the ops where this one has not, None where there is none. newest_with_ops: the
    newest image of this repository that has them, None where none has.
    tensorrt: the TensorRT that its server uses, as far as it is known. tensorrt_installed: what the image installs.
    unused: whether it installs a TensorRT that its server cannot use.
    """

    __slots__ = (
        "reference",
        "repository",
        "tag",
        "kind",
        "server",
        "target",
        "why",
        "version",
        "month",
        "gpu",
        "floating",
        "tensorrt_ops",
        "better",
        "newest_with_ops",
        "tensorrt",
        "tensorrt_installed",
        "unused",
    )

    def __init__(self, reference: str, kind: str) -> None:
        self.reference = reference
        self.repository = families.repository_of(reference)
        self.tag = families.tag_of(reference)
        self.kind = kind
        self.server = "tensorflow-serving"
        if kind == families.TRITON:
            self.server = "triton"
        elif kind in (families.TENSORFLOW, families.TENSORRT):
            self.server = "other"
        self.target: Target | Runtime | Triton | None = None
        self.why = ""
        self.version: tuple[int, int, int] | None = None
        self.month: str | None = None
        self.gpu = False
        self.floating = _floating(reference, kind, self.tag)
        self.tensorrt_ops: bool | None = None
        self.better: str | None = None
        self.newest_with_ops: str | None = None
        self.tensorrt: str | None = None
        self.tensorrt_installed: str | None = None
        self.unused = False

    @property
    def version_text(self) -> str:
        """The version or month, "" where neither is known."""
        return ".".join(map(str, self.version)) if self.version is not None else self.month or ""


def server_of(reference: str, capability: str | None = None) -> ServerImage | None:
    """The facts of an image reference, None for an image of nobody we know. capability: of its GPU, as "8.0"."""
    kind = families.family_of(reference)
    if kind is None or "," in reference:
        return None
    image = ServerImage(reference, kind)
    if kind == families.TENSORFLOW_SERVING:
        image.newest_with_ops = f"{image.repository}:{_text(_newest_with_ops())}-gpu"
        image.gpu = (image.tag or "").endswith("-gpu")
    elif kind == families.TRITON:
        from pytest_trt.serving.images import months

        before = [one for one in months.MONTHS if months.order(one) < months.order(months.OPS_UNKNOWN_FROM)]
        if image.repository.endswith("tritonserver"):
            image.newest_with_ops = f"{image.repository}:{before[-1]}-py3"
    try:
        image.target = parse(reference + (f",gpu={capability}" if capability else ""))
    except TargetError as error:
        image.why = str(error).partition(": ")[2] or str(error)
        return image
    _describe(image)
    return image


def _describe(image: ServerImage) -> None:
    """What the target says."""
    target = image.target
    if isinstance(target, Target):
        image.gpu, image.tensorrt_ops = target.gpu, target.tensorrt_ops
        image.tensorrt, image.tensorrt_installed = target.tensorrt, target.tensorrt_installed
        image.unused = target.tensorrt_ops is False and target.tensorrt_installed is not None
        if target.serving:
            image.version = target.version
        if image.kind == families.TENSORFLOW_SERVING:
            # 2.20.0 installs libnvinfer8 without a version.
            image.unused = target.gpu and target.tensorrt_ops is False and target.version >= (2, 18, 0)
            if not target.gpu and build("", target.version, True).tensorrt_ops:
                image.better = f"{image.repository}:{_gpu_tag(image.tag, target.version)}"
        elif image.kind == families.TENSORFLOW:
            image.month = (image.tag or "").partition("-")[0]
        return
    image.gpu = True
    image.month = (image.tag or "").partition("-")[0]
    runtime = target
    if image.kind == families.TRITON:
        from pytest_trt.serving.triton import Triton

        assert isinstance(target, Triton)
        image.gpu = target.gpu
        if target.tensorflow is not None:
            image.tensorrt_ops = target.tensorflow.tensorrt_ops
        elif target.no_tensorflow is not None and target.no_tensorflow.sure:
            image.tensorrt_ops = False
            image.why = target.no_tensorflow.why
        runtime = target.runtime
    from pytest_trt.serving.runtime import Runtime

    if isinstance(runtime, Runtime):
        image.tensorrt = image.tensorrt_installed = runtime.version_text or None


def _floating(reference: str, kind: str, tag: str | None) -> bool:
    """Whether the tag moves. Vertex AI's is always `latest`, with the version in the repository's name."""
    if "@" in reference or kind == "vertex":
        return False
    if tag is None:
        return True
    if kind in (families.TRITON, families.TENSORFLOW, families.TENSORRT):
        return False
    if tag.startswith(("latest", "nightly")):
        return True
    if kind == "sagemaker":  # AWS gives its images no other tags than `2.16-gpu` and longer ones
        return False
    version = tag
    for flavour in _FLAVOURS:
        version = version.removesuffix(flavour)
    parts = version.partition("-")[0].split(".")
    return all(part.isascii() and part.isdigit() for part in parts) and len(parts) < 3


def _gpu_tag(tag: str | None, version: tuple[int, int, int]) -> str:
    """The tag of the -gpu flavour; in full where the tag at hand names no release."""
    if tag is None or tag.startswith("latest") or not tag[:1].isdigit():
        return f"{_text(version)}-gpu"
    return tag.removesuffix("-mkl") + "-gpu"


def _newest_with_ops() -> tuple[int, int, int]:
    return max(version for version, image in targets.IMAGES.items() if image.tensorrt_ops)


def _text(version: tuple[int, int, int]) -> str:
    return ".".join(map(str, version))

"""A TensorRT runtime that a plan may be meant for: `tensorrt:8.6.1,gpu=sm_86,os=linux-x86_64`."""

from __future__ import annotations

from pytest_trt.serving.target import TargetError, capability_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.serving.tensorrt_version import TensorRTVersion

PRODUCTS = ("tensorrt", "tensorrt-rtx")
_PLATFORMS = ("linux-x86_64", "linux-aarch64", "windows-x86_64")


class Runtime:
    """A runtime.

    name: as it was asked for. product: "tensorrt" or "tensorrt-rtx". version: one to four numbers, the known ones.
    capability: of its GPU, "8.6", None where nobody said. platform: "linux-x86_64" and so on, None likewise.
    known: of a container, what is sure of its TensorRT; None: all of version is, and numbers behind it do not count.
    triton: whether Triton loads the plan, which allows no code in it unless a flag says so. source: where known from.
    """

    __slots__ = ("name", "product", "version", "capability", "platform", "known", "triton", "source")

    def __init__(
        self,
        name: str,
        product: str,
        version: tuple[int, ...],
        capability: str | None,
        platform: str | None,
        *,
        known: TensorRTVersion | None = None,
        triton: bool = False,
        source: str = "configuration",
    ) -> None:
        self.name = name
        self.product = product
        self.version = version
        self.capability = capability
        self.platform = platform
        self.known = known
        self.triton = triton
        self.source = source

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version))


def is_runtime(text: str) -> bool:
    """Whether a target's text names a TensorRT runtime, or NVIDIA's container of one."""
    return text.partition("@")[0].rpartition("/")[2].partition(":")[0] in PRODUCTS


def is_version(text: str) -> bool:
    """Whether a text is one to four numbers, as 8.6.1.6."""
    parts = text.split(".")
    return len(parts) <= 4 and all(part.isascii() and part.isdigit() and len(part) < 9 for part in parts)


def parse(text: str) -> Runtime:
    """The runtime that a user names. Raises TargetError."""
    name, *options = text.split(",")
    image = name.partition("@")[0]
    product, _, number = image.rpartition("/")[2].partition(":")
    if product == "tensorrt" and ("/" in image or number.endswith("-py3") or _is_month(number)):
        from pytest_trt.serving import ngc

        return ngc.tensorrt(text)
    if not is_version(number):
        raise TargetError(f"target {text!r}: {number!r} is no TensorRT version; write it as {product}:8.6.1")
    capability = platform = None
    for option in options:
        key, _, value = option.partition("=")
        if key.strip() == "os" and value in _PLATFORMS:
            platform = value
        elif capability_of(option) is not None:
            capability = capability_of(option)
        else:
            raise TargetError(
                f"target {text!r}: {option!r} is not understood; the options are gpu=sm_NN and os= one of"
                f" {', '.join(_PLATFORMS)}"
            )
    return Runtime(text, product, tuple(map(int, number.split("."))), capability, platform)


def _is_month(number: str) -> bool:
    """Whether it is the month of a container, as 23.05: no TensorRT has such a version."""
    return number[:2].isdigit() and number[2:3] == "." and int(number[:2]) >= 17

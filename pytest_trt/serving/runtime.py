"""A TensorRT runtime that a plan may be meant for: `tensorrt:8.6.1,gpu=sm_86,os=linux-x86_64`."""

from __future__ import annotations

from pytest_trt.serving.target import TargetError

PRODUCTS = ("tensorrt", "tensorrt-rtx")
_PLATFORMS = ("linux-x86_64", "linux-aarch64", "windows-x86_64")


class Runtime:
    """A runtime.

    name: as it was asked for. product: "tensorrt" or "tensorrt-rtx". version: one to four numbers, the known ones.
    capability: of its GPU, "8.6", None where nobody said. platform: "linux-x86_64" and so on, None likewise.
    """

    __slots__ = ("name", "product", "version", "capability", "platform")

    def __init__(
        self, name: str, product: str, version: tuple[int, ...], capability: str | None, platform: str | None
    ) -> None:
        self.name = name
        self.product = product
        self.version = version
        self.capability = capability
        self.platform = platform

    @property
    def version_text(self) -> str:
        return ".".join(map(str, self.version))


def is_runtime(text: str) -> bool:
    """Whether a target's text names a TensorRT runtime."""
    return text.partition(":")[0] in PRODUCTS


def parse(text: str) -> Runtime:
    """The runtime that a user names. Raises TargetError."""
    name, *options = text.split(",")
    product, _, number = name.partition(":")
    parts = number.split(".")
    if not 1 <= len(parts) <= 4 or not all(part.isascii() and part.isdigit() for part in parts):
        raise TargetError(f"target {text!r}: {number!r} is no TensorRT version; write it as {product}:8.6.1")
    capability = platform = None
    for option in options:
        key, _, value = option.partition("=")
        digits = value.removeprefix("sm_").replace(".", "")
        if key.strip() == "gpu" and digits.isascii() and digits.isdigit() and 2 <= len(digits) <= 3:
            capability = f"{digits[:-1]}.{digits[-1]}"
        elif key.strip() == "os" and value in _PLATFORMS:
            platform = value
        else:
            raise TargetError(
                f"target {text!r}: {option!r} is not understood; the options are gpu=sm_NN and os= one of"
                f" {', '.join(_PLATFORMS)}"
            )
    return Runtime(text, product, tuple(map(int, parts)), capability, platform)

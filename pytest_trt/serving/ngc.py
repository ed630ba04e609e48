"""NVIDIA's containers that are no servers: nvcr.io/nvidia/tensorflow, where people convert, and tensorrt.

Source: docs/targets.md names it for every column; the last monthly TensorFlow 1 is 23.03, the last image 25.02.
"""

from __future__ import annotations

from pytest_trt.serving.images import months
from pytest_trt.serving.runtime import Runtime
from pytest_trt.serving.target import Target, TargetError, capability_of
from pytest_trt.serving.triton import Lacking, known_tensorrt, tensorflow_of


def tensorrt(text: str) -> Runtime:
    """`nvcr.io/nvidia/tensorrt:23.05-py3`, `tensorrt:23.05`. Raises TargetError."""
    month, rest, capability = _read(text)
    if rest not in ("", "py3"):
        raise TargetError(f"target {text!r}: what -{rest} holds is not known; write it as tensorrt:{month}-py3")
    row = months.of(month)
    if row is None:
        raise _unknown(text, "TensorRT", month)
    known = known_tensorrt(months.TENSORRT_IMAGES.get(month, row.tensorrt), text.partition(",")[0])
    return Runtime(text, "tensorrt", known.numbers, capability, None, known=known, source=row.source)


def tensorflow(text: str) -> Target:
    """`nvcr.io/nvidia/tensorflow:23.02-tf2-py3`. Raises TargetError."""
    month, rest, capability = _read(text)
    if month in months.OLD_TENSORFLOW and rest in ("", "py2", "py3"):
        return _old(text, month, capability)
    generation = {"tf1-py3": 1, "tf2-py3": 2}.get(rest)
    if generation is None:
        raise TargetError(f"target {text!r}: {rest!r} is not known; write it as tensorflow:{month}-tf2-py3")
    row = months.of(month)
    last = months.TF1_LAST if generation == 1 else months.TENSORFLOW_LAST
    if row is not None and months.order(month) > months.order(last):
        raise TargetError(f"target {text!r}: the last image of NVIDIA's TensorFlow {generation} is {last}")
    if row is None:
        raise _unknown(text, "TensorFlow", month)
    found = tensorflow_of(text, row, generation, capability, tensorrt=months.TENSORFLOW_IMAGES.get(month))
    if isinstance(found, Lacking):
        known = [one.month for one in months.MONTHS.values() if one.tensorflow]
        near = [one for one in known if months.order(one) < months.order(month)][-1:]
        near += [one for one in known if months.order(one) > months.order(month)][:1]
        raise TargetError(f"target {text!r}: {found.why}; it is of {' and '.join(near)}")
    return found


def _old(text: str, month: str, capability: str | None) -> Target:
    version, built_with = months.OLD_TENSORFLOW[month]
    if not version:
        known = " and ".join(name for name, (one, _) in months.OLD_TENSORFLOW.items() if one)
        raise TargetError(f"target {text!r}: which TensorFlow it has is not known; it is of {known}")
    major, minor, patch = map(int, version.split("."))
    return Target(
        text,
        (major, minor, patch),
        True,
        tensorrt=built_with,
        tensorrt_ops=True,
        tensorrt_installed=built_with,
        capability=capability,
        serving=False,
        source=f"NV TF rel_{month}",
    )


def _read(text: str) -> tuple[str, str, str | None]:
    """Month, what stands behind it, and the GPU. Raises TargetError."""
    name, *options = text.split(",")
    capability = None
    for option in options:
        capability = capability_of(option)
        if capability is None:
            raise TargetError(f"target {text!r}: {option!r} is not understood; the option is gpu=sm_NN, as gpu=sm_80")
    repository, _, tag = name.partition("@")[0].rpartition("/")[2].partition(":")
    month, _, rest = tag.partition("-")
    if not months.is_month(month):
        raise TargetError(f"target {text!r}: {tag!r} names no month; write it as {repository}:23.02-...")
    return month, rest, capability


def _unknown(text: str, what: str, month: str) -> TargetError:
    near = " and ".join(months.nearest(month))
    return TargetError(f"target {text!r}: nothing is known of a {what} image {month}; near it are {near}")

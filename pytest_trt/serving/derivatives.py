"""Images that others build from TensorFlow Serving, as targets."""

from __future__ import annotations

from pytest_trt.serving import targets
from pytest_trt.serving.families import repository_of, tag_of
from pytest_trt.serving.images import derivatives as images
from pytest_trt.serving.target import Target, TargetError, build, capability_of


def parse(text: str, family: str) -> Target:
    """Raises TargetError."""
    name, *options = text.split(",")
    capability = None
    for option in options:
        capability = capability_of(option)
        if capability is None:
            raise TargetError(f"target {text!r}: {option!r} is not understood; the option is gpu=sm_NN, as gpu=sm_80")
    repository = repository_of(name).rpartition("/")[2]
    tag = tag_of(name)
    if family == "sagemaker":
        return _sagemaker(text, repository, tag, capability)
    if family == "vertex":
        return _vertex(text, repository, capability)
    if family == "seldon":
        found = build(text, images.SELDON_SERVES, False)
        found.source = images.SELDON.source
        return found
    return _on_cpu(text, family, tag)


def _on_cpu(text: str, family: str, tag: str | None) -> Target:
    """Bitnami, Intel, emacski: the TensorFlow Serving of the tag, without CUDA."""
    row = {"bitnami": images.BITNAMI, "intel": images.INTEL}.get(family, images.EMACSKI)
    written = (tag or "latest").partition("-")[0]
    if written == "latest":
        if family != "bitnami":
            raise TargetError(f"target {text!r}: which release its `latest` is, is not known; name a version")
        return _built(text, images.BITNAMI_NEWEST, False, row.source)
    return _built(text, _release(text, written), False, row.source)


def _sagemaker(text: str, repository: str, tag: str | None, capability: str | None) -> Target:
    """`tensorflow-inference:2.16-gpu`, `2.16.1-gpu-py310-cu123-ubuntu20.04-sagemaker`; -eia is for the CPU."""
    version, _, rest = (tag or "").partition("-")
    flavour = rest.partition("-")[0]
    if repository.endswith("-eia"):
        flavour = "cpu"
    elif flavour not in ("cpu", "gpu"):
        raise TargetError(f"target {text!r}: {tag!r} names no flavour; write it as {repository}:2.16-gpu")
    numbers = _numbers(text, version)
    minor = (numbers[0], numbers[1] if len(numbers) > 1 else 0)
    if len(numbers) < 2 or minor not in images.SAGEMAKER_TENSORRT:
        known = sorted(images.SAGEMAKER_TENSORRT)
        near = [one for one in known if one < minor][-1:] + [one for one in known if one > minor][:1]
        shown = " and ".join(".".join(map(str, one)) for one in near)
        raise TargetError(f"target {text!r}: SageMaker has no TensorFlow {version}; near it are {shown}")
    gpu = flavour == "gpu"
    found = _built(text, _whole(numbers), gpu, images.SAGEMAKER.source, capability)
    if gpu:
        found.tensorrt_installed = images.SAGEMAKER_TENSORRT[minor] or None
        if minor < images.SAGEMAKER_WITHOUT_TENSORRT:
            _unsure(found, "whether AWS built the server of its GPU images with TensorRT is not known")
    return found


def _vertex(text: str, repository: str, capability: str | None) -> Target:
    """`tf2-gpu.2-15`: the version is in the repository's name, the tag is always `latest`."""
    kind, _, version = repository.partition(".")
    if kind.startswith("tf_opt"):
        raise TargetError(
            f"target {text!r}: Vertex AI's optimised runtime compiles a model again when it is uploaded; what that"
            " server holds is not known"
        )
    found = _built(text, _release(text, version.replace("-", ".")), kind == "tf2-gpu", images.VERTEX.source, capability)
    if found.gpu:
        _unsure(found, "whether the server of Vertex AI's GPU images was built with TensorRT is not known")
    return found


def _unsure(target: Target, why: str) -> None:
    target.tensorrt_ops = None
    target.why_ops = why


def _built(text: str, version: tuple[int, int, int], gpu: bool, source: str, capability: str | None = None) -> Target:
    return Target(text, version, gpu, capability=capability if gpu else None, source=source)


def _release(text: str, written: str) -> tuple[int, int, int]:
    """The release of TensorFlow Serving that a version names, the newest of those that begin with it."""
    numbers = _numbers(text, written)
    found = targets.newest_of(numbers)
    if found is None and targets.newest_of(numbers[:2]) is None:
        near = ", ".join(targets.nearest(numbers))
        raise TargetError(f"target {text!r}: there is no TensorFlow Serving {written}; near it are {near}")
    return found or _whole(numbers)


def _whole(numbers: tuple[int, ...]) -> tuple[int, int, int]:
    """Three numbers: those given, else of the newest release that begins with them."""
    if len(numbers) == 3:
        return numbers[0], numbers[1], numbers[2]
    return targets.newest_of(numbers) or (numbers[0], numbers[1], 0)


def _numbers(text: str, written: str) -> tuple[int, ...]:
    parts = written.split(".")
    if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise TargetError(f"target {text!r}: {written!r} is no version; write it as 2.16.1")
    return tuple(map(int, parts))

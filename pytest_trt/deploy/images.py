"""Image references: which of them are model servers, and what their tags promise.

Sources: the images' names in docs/deployments.md; for TensorFlow Serving without TF-TRT's ops from 2.18.0 on,
tensorflow_serving/tools/docker/Dockerfile.gpu and .bazelrc at 2.17.1 and 2.18.0.
"""

from __future__ import annotations

import re

from pytest_trt.deploy.edge import OTHER, TENSORFLOW_SERVING, TRITON, Remark
from pytest_trt.deploy.scope import UNKNOWN, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.edge import Said

# Kinds of images by the program that their entrypoint starts.
STOCK = "stock"  # tf_serving_entrypoint.sh
BITNAMI = "bitnami"
SAGEMAKER = "sagemaker"
VERTEX = "vertex"
PROXY = "proxy"  # no server itself
PLAIN = "plain"  # the words behind the image are the command

_FULL_VERSION = re.compile(r"\d+\.\d+\.\d+")
_PART_OF_VERSION = re.compile(r"\d+(\.\d+)?(?![.\d])")
_MONTH = re.compile(r"\d\d\.\d\d(?!\d)")
_MOVING = re.compile(r"(latest|nightly)($|[-_.])", re.IGNORECASE)
_PACKAGE = re.compile(r"(?:lib)?nvinfer|tensorrt(?:[-_=]|$)|python3?-libnvinfer|libnvonnxparsers", re.IGNORECASE)
_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")
_OTHERS = frozenset(
    "pytorch/torchserve pytorch/torchserve-kfs pytorch/torchserve-nightly seldonio/mlserver seldonio/sklearnserver"
    " seldonio/xgboostserver seldonio/mlflowserver openvino/model_server kserve/sklearnserver kserve/xgbserver"
    " kserve/lgbserver kserve/pmmlserver kserve/paddleserver kserve/huggingfaceserver kserve/custom-model"
    " onnxruntime/server vllm/vllm-openai huggingface/text-generation-inference".split()
)
# A name that people give to images of their own.
_RESEMBLES = re.compile(r"tensorflow[-_./]?serving|tf[-_]?serving|\btfs\b|tf_model_server", re.IGNORECASE)
_RESEMBLES_TRITON = re.compile(r"triton|tensorrt[-_]?server|trtis", re.IGNORECASE)

VARIABLE = "TF_TENSORRT_VERSION"
# The stage of what `docker tag` makes: another name for an image, and no image of its own.
ALIAS = "docker tag"


class Image:
    """A reference in its parts. registry, tag, digest: None where it names none. digest: without the "@"."""

    __slots__ = ("registry", "repository", "tag", "digest")

    def __init__(self, registry: str | None, repository: str, tag: str | None, digest: str | None) -> None:
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest

    def __repr__(self) -> str:
        return f"Image({self.registry!r}, {self.repository!r}, {self.tag!r}, {self.digest!r})"

    @property
    def parts(self) -> list[str]:
        return self.repository.lower().split("/")


def parse(reference: str) -> Image:
    """The parts of a reference: the tag stands behind the last colon behind the last slash."""
    rest, _, digest = reference.strip().partition("@")
    slash = rest.rfind("/")
    colon = rest.find(":", slash + 1)
    tag = rest[colon + 1 :] if colon >= 0 else None
    name = rest[:colon] if colon >= 0 else rest
    first, _, below = name.partition("/")
    if below and ("." in first or ":" in first or first == "localhost"):
        return Image(first, below, tag or None, digest or None)
    return Image(None, name, tag or None, digest or None)


def family(reference: str) -> str | None:
    """TENSORFLOW_SERVING, TRITON, OTHER for what serves models and is neither, None for an image of nobody we know."""
    image = parse(reference)
    kind = _kind(image)
    if kind is not None:
        return (
            TRITON
            if image.parts[-1] in ("tritonserver", "tensorrtserver", "sagemaker-tritonserver")
            else (TENSORFLOW_SERVING)
        )
    last = "/".join(image.parts[-2:])
    if last in _OTHERS or image.parts[-2:-1] == ["prediction"]:
        return OTHER
    return None


def kind(reference: str) -> str:
    """What the image's own entrypoint does; PLAIN for images of nobody we know."""
    return _kind(parse(reference)) or PLAIN


def _kind(image: Image) -> str | None:
    parts = image.parts
    name, above = parts[-1], parts[-2] if len(parts) > 1 else ""
    devel = image.tag is not None and "devel" in image.tag
    if (above, name) == ("tensorflow", "serving"):
        return PLAIN if devel else STOCK
    if name == "tensorflow-serving":
        if above in ("bitnami", "bitnamilegacy", "bitnamisecure"):
            return BITNAMI
        return STOCK if above == "emacski" else None
    if name == "intel-optimized-tensorflow-serving":
        return PLAIN if devel else STOCK
    if name in ("tritonserver", "tensorrtserver"):
        return PLAIN
    if name == "sagemaker-tritonserver" or re.fullmatch(
        r"(tensorflow-inference|sagemaker-tensorflow-serving)(-eia)?", name
    ):
        return SAGEMAKER
    if above in ("prediction", "vertex-ai-restricted") and re.match(r"tf2-|tf_opt-", name):
        return VERTEX
    return PROXY if (above, name) == ("seldonio", "tfserving-proxy") else None


def resembles(reference: str) -> str | None:
    """The family that an image's name speaks of, where it is none that we know; not enough to judge by."""
    name = parse(reference).repository
    if _RESEMBLES.search(name):
        return TENSORFLOW_SERVING
    return TRITON if _RESEMBLES_TRITON.search(name) else None


def floating(image: Image) -> bool:
    """Whether the reference means another image after the next release: no tag, latest, nightly, a part of a version.

    Vertex AI's images have no other tag than latest; their version is in the repository's name.
    """
    if image.digest is not None or _kind(image) == VERTEX:
        return False
    tag = image.tag
    if tag is None or _MOVING.match(tag):
        return True
    if image.parts[-1] in ("tritonserver", "tensorrtserver", "sagemaker-tritonserver"):
        return not _MONTH.match(tag) and _PART_OF_VERSION.match(tag) is not None
    return not _FULL_VERSION.match(tag) and _PART_OF_VERSION.match(tag) is not None


def floating_tag(reference: str, at: Location) -> Remark | None:
    """TRT403 where an image of TensorFlow Serving or Triton has a floating tag."""
    served = family(reference)
    image = parse(reference)
    if served not in (TENSORFLOW_SERVING, TRITON) or not floating(image):
        return None
    return Remark("TRT403", at, {"image": reference, "tag": image.tag or "", "server": served})


def canonical(name: str) -> str:
    """A name that scripts give an image, `latest` and Docker Hub left out."""
    image = parse(name)
    registry = "" if image.registry in (None, "docker.io", "index.docker.io", "localhost") else f"{image.registry}/"
    return f"{registry}{image.repository.removeprefix('library/')}:{image.tag or 'latest'}"


def key_of(name: Said) -> str | None:
    """What tells the names of images apart; None where one is not known.

    A tag that is not known (`app:$(git rev-parse HEAD)`) is the same where the reason is.
    """
    if name.text is not None:
        return name.text or None
    known = shape(name)
    repository, colon, tag = known.rpartition(":")
    why = re.sub(r"\W+", "-", name.why)
    return f"{known}{why}" if colon and UNKNOWN in tag and UNKNOWN not in repository and repository else None


def version(image: Image) -> tuple[int, int, int] | None:
    """The TensorFlow Serving that a tag names, None where it names none."""
    found = _VERSION.match(image.tag or "")
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def lacks_engine_ops(reference: str) -> bool:
    """Whether it is TensorFlow Serving 2.18.0 or later, whose server has no TF-TRT ops in any flavour."""
    image = parse(reference)
    if family(reference) != TENSORFLOW_SERVING or _kind(image) == SAGEMAKER:
        return False
    if image.tag is None or _MOVING.match(image.tag):
        return image.digest is None and _kind(image) in (STOCK, BITNAMI, PLAIN)
    number = version(image)
    return number is not None and number >= (2, 18, 0)


def tensorrt_packages(words: Iterable[str]) -> list[str]:
    """Those of a command's words that are packages of TensorRT."""
    return [word for word in words if _PACKAGE.match(word)]


def misleading(reference: str, what: str, at: Location) -> Remark | None:
    """TRT404 where `what` (a variable, a package) is for TensorRT, which the image's server does not have."""
    return Remark("TRT404", at, {"image": reference, "what": what}) if lacks_engine_ops(reference) else None

"""From the server that a deployment names to the target that artifacts are judged against."""

from __future__ import annotations

from pytest_trt.deploy.edge import OTHER, TRITON
from pytest_trt.lint.destinations.destination import FAMILIES
from pytest_trt.serving import target as target_of
from pytest_trt.serving import targets
from pytest_trt.serving.server_images import server_of
from pytest_trt.serving.target import Target, TargetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.edge import Server
    from pytest_trt.lint.destinations.destination import Asked


class Asking:
    """Targets by the words that name them: an image that many files name is one target.

    custom: names from the configuration, which an image reference may be as well.
    """

    def __init__(self, custom: Mapping[str, Asked] | None = None) -> None:
        self._custom = custom
        self._known: dict[str, tuple[Asked | None, str]] = {}

    def target(self, server: Server, capability: str | None = None) -> tuple[Asked | None, str]:
        """(the target, "") or (None, why not). capability: of its GPU, unless the server's own is known."""
        capability = server.capability or capability
        text = server.image.text
        if server.family == OTHER:
            return None, f"{text or 'its server'} is neither TensorFlow Serving nor Triton"
        if text is None:
            return None, server.image.why or "the image is not written in the files"
        tensorflow = server.flags.get("backend-config.tensorflow.version")
        if server.family == TRITON and tensorflow is not None and tensorflow.text:
            found = self._parsed(f"{text},tensorflow={tensorflow.text}")
            text = text if found[0] is None else found[0].name
        if capability is not None:
            found = self._parsed(f"{text},gpu=sm_{capability.replace('.', '')}")
            if found[0] is not None:
                return found
        return self._parsed(text)

    def _parsed(self, text: str) -> tuple[Asked | None, str]:
        if text not in self._known:
            try:
                self._known[text] = target_of.parse(text, self._custom), ""
            except TargetError as error:
                self._known[text] = None, _why(text, str(error))
        return self._known[text]


def _why(text: str, error: str) -> str:
    """The error of a target without its instructions for a command line."""
    said = error.removeprefix(f"target {text!r}")
    if not said.startswith(": "):
        return f"{text} is an image that trt-lint does not know"
    return said[2:]


def shown(server: Server) -> str:
    """The server as people call it: its image, else its kind."""
    return server.image.text or FAMILIES[server.family]


def taken_as(server: Server, target: Asked | None) -> list[tuple[Location, str]]:
    """What is assumed of an image whose tag leaves its version open."""
    image = None if server.image.text is None or target is None else server_of(server.image.text)
    if image is None or not image.floating or not image.version_text:
        return []
    return [(server.image.at, f"{image.reference} is taken as {image.version_text}, the newest that is known")]


def better(target: Target) -> str | None:
    """The GPU flavour of the same version, None where there is none to name."""
    if target.gpu or target.version not in targets.IMAGES:
        return None
    image = target.name.partition(",")[0].partition("@")[0]
    repository = image.rpartition(":")[0] if ":" in image.rpartition("/")[2] else image
    if not repository.endswith("tensorflow/serving"):
        repository = "tensorflow/serving"
    return f"{repository}:{'.'.join(map(str, target.version))}-gpu"


def gpu_flavour_has_ops(target: Target) -> bool:
    """Whether the GPU flavour of a CPU image's version has TF-TRT's ops."""
    image = targets.IMAGES.get(target.version)
    return not target.gpu and image is not None and image.tensorrt_ops


def completes(server: Server, target: Asked | None) -> bool:
    """Whether Triton completes the config of a model; as it is by default where the files do not say.

    Source: server/src/main.cc at r22.06 and r22.07.
    """
    from pytest_trt.serving.images import months
    from pytest_trt.serving.triton import Triton

    if "disable-auto-complete-config" in server.flags:
        return False
    strict = server.flags.get("strict-model-config")
    if strict is not None:
        return strict.text is None or strict.text.lower() not in ("true", "1")
    return not isinstance(target, Triton) or months.order(target.month) > months.order(months.STRICT_LAST)


def cannot_accelerate(target: Asked | None) -> str | None:
    """Why a Triton image cannot run TF-TRT that config.pbtxt switches on: "gone", "before"; None where it can.

    Source: tensorflow_backend/src/tensorflow.cc at r20.10 to r25.02.
    """
    from pytest_trt.serving.images import months
    from pytest_trt.serving.triton import Triton

    if not isinstance(target, Triton):
        return None
    if target.no_tensorflow is not None and target.no_tensorflow.sure:
        return "gone"
    return "before" if months.order(target.month) < months.order("20.10") else None

"""The clauses that the rules on deployments share: which image does what with which artifact."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.serving.verdict import Reason


def outcome(reason: Reason) -> str:
    """What the image will do with the artifact, as the head of a sentence."""
    who, what = server(reason), artifact(reason)
    stage = reason.facts.get("stage") or reason.stage
    if stage == "request":
        return f"{who} will load {what}, but fail requests"
    if stage == "warmup":
        return f"{who} will refuse to load {what}, because its warm-up requests fail"
    return f"{who} will refuse to load {what}"


def server(reason: Reason) -> str:
    """Who serves, at the head of a sentence: an image, or the kind of server where no image is known."""
    image = reason.facts.get("image")
    if not image:
        return "The server"
    return image if image in ("TensorFlow Serving", "Triton") else f"Image {image}"


def artifact(reason: Reason) -> str:
    """The artifact; where several versions of a model share the cause, how many there are."""
    path = reason.facts.get("artifact") or "the model"
    others = reason.facts.get("others", "")
    return path + {"": "", "1": " and another version"}.get(others, f" and {others} other versions")


def sentence(text: str) -> str:
    """Words that came from elsewhere, as the end of a sentence without its point."""
    return " ".join(text.split()).rstrip(".")

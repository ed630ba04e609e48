"""Remarks of the deployment files' readers, as reasons that the rules word."""

from __future__ import annotations

from pytest_trt.artifacts.open import Artifact
from pytest_trt.lint.case import Case
from pytest_trt.serving.verdict import FILE, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_trt.deploy.edge import Remark

# What TensorFlow Serving says itself. Source: model_servers/server_core.cc at 2.17.1.
_WORDS = {
    "TRT405": ("Expected model {model} to have an absolute path or URI; got base_path()={base_path}", "base_path"),
    "TRT408": ("Model {model} requests unsupported platform {platform}", "platform"),
}


def reason_of(remark: Remark) -> Reason:
    """The reason that a rule words; facts["message"], the server's own words, become its message."""
    facts = dict(remark.facts)
    message = facts.pop("message", "")
    if not message and remark.code in _WORDS:
        words, needed = _WORDS[remark.code]
        if facts.get("model") and facts.get(needed):
            message = words.format_map(facts)
    return Reason(FILE, remark.code, message, remark.at, also=remark.also, facts=facts)


def deployment_case(path: str, kind: str, reasons: Iterable[Reason]) -> Case:
    """A deployment file as the rules are asked about it. kind: of its reading, as "compose"."""
    return Case(Artifact(path, "deployment", kind), [], list(reasons))

"""TRT306: a signature that names a tensor which is not there."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case
    from pytest_trt.serving.verdict import Reason


@rule("TRT306", "signature-tensor-missing", Severity.ERROR, "request")
def signature_tensor_missing(case: Case) -> Iterator[Finding]:
    """A signature names a tensor that the graph does not have, or not in that place.

    Why it matters
    --------------
    The loader does not compare signatures with the graph, so the model becomes available; each request of the signature
    fails with "Tensor nope:0, specified in either feed_devices or fetch_devices was not found in the Graph". Graph
    surgery does this: a tool renames, freezes or prunes nodes and leaves the signatures as they were. So does a tensor
    that is an input twice or an input and an output, and a placeholder that the signature forgets.

    What to do
    ----------
    Compare `saved_model_cli show --dir FOLDER --all` with the graph's nodes, and export again with the signature of the
    graph as it is now.

    Example
    -------
        resnet/1/saved_model.pb: serve
        The model will load, but every request of signature 'serving_default' will fail: its output is the tensor
        'nope:0', and the graph has none of that name.
    """
    for reason, targets in case.reasons("TRT306"):
        yield Finding(
            f"{outcome.consequence(reason)}: {_what(reason)}.",
            reason.at,
            "Export again with a signature of the graph as it is now; `saved_model_cli show --dir FOLDER --all` shows"
            " which tensors the signatures name.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )


def _what(reason: Reason) -> str:
    """What is wrong with the tensor: the server's words tell the cases apart."""
    tensor, node = reason.facts.get("tensor"), reason.facts.get("node")
    side = reason.facts.get("side") or "tensor"
    if not tensor:
        return "it names a tensor that the graph does not have"
    if side == "unfed":
        return f"it needs a value for placeholder '{tensor}', which is none of its inputs"
    if "fed more than once" in reason.message:
        return f"two of its inputs are the tensor '{tensor}'"
    if "both fed and fetched" in reason.message:
        return f"the tensor '{tensor}' is an input and an output of it"
    if "does not have output" in reason.message:
        return f"its {side} is the tensor '{tensor}', and node '{node}' has no such output"
    return f"its {side} is the tensor '{tensor}', and the graph has none of that name"

"""TRT301: an op that the server's TensorFlow does not know."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT301", "op-not-registered", Severity.ERROR, "any")
def op_not_registered(case: Case) -> Iterator[Finding]:
    """The model uses an op that the server does not know.

    Why it matters
    --------------
    An op is known if the server was linked with it. Custom ops and ops of add-on libraries are not, except those that
    TensorFlow Serving links itself: tensorflow-text (seen at every release from 2.5.1 on) and the inference op of
    TensorFlow Decision Forests (2.11.0 on). Ops also come and go with TensorFlow: DecodeWebP is unknown to 2.17 and
    older, TfLiteSubgraphExecute to 2.21.

    In the main graph, in initialisation and in the restoring of variables an unknown op fails the load, also where
    nothing uses it. In a function that only a request calls, the model loads and the request fails.

    What to do
    ----------
    - Serve with an image that has the op: a newer TensorFlow Serving, or one that you build with the op's library in
      `SUPPORTED_TENSORFLOW_OPS` of `tensorflow_serving/model_servers/BUILD`.
    - Or export the model without it, with the computation moved to the client, say.

    Example
    -------
        ranker/1/saved_model.pb: serve > MyCustomOp
        The server will refuse to load this model: the server does not know op MyCustomOp in the main graph.

        NOT_FOUND: Op type not registered 'MyCustomOp' in binary running on HOST.
    """
    for reason, targets in case.reasons("TRT301"):
        op = reason.facts.get("op", "unknown")
        library = reason.facts.get("hint_library")
        why = reason.facts.get("why")
        knows = "may not know" if reason.facts.get("certain") == "no" else "does not know"
        if library:
            hint = (
                f"{op} belongs to {library}: serve with an image that links it, or build one with its op library in"
                " SUPPORTED_TENSORFLOW_OPS (tensorflow_serving/model_servers/BUILD); or export the model without it."
            )
        else:
            hint = (
                "Serve with a TensorFlow Serving that has the op, or build one with its library in"
                " SUPPORTED_TENSORFLOW_OPS (tensorflow_serving/model_servers/BUILD); or export the model without it."
            )
        yield Finding(
            f"{outcome.consequence(reason)}: the server {knows} op {op} in {outcome.place(reason)}"
            f"{f' ({why})' if why else ''}.",
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

"""TRT312: a call to a function that is not there."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case

_CALLERS = {
    "main graph": "the main graph",
    "initialisation": "initialisation",
    "restore": "the restoring of variables",
    "request": "it",
}


@rule("TRT312", "function-undefined", Severity.ERROR, "any")
def function_undefined(case: Case) -> Iterator[Finding]:
    """A node calls a function that the model does not define.

    Why it matters
    --------------
    Functions live in the graph's library, and a call needs its definition there: 'Failed to find function "no_such_fn"
    in function library'. Tools that prune or merge graphs lose functions that they do not see called, those in
    attributes of other functions above all.

    What to do
    ----------
    Export the model again from its source; if a tool made this graph, let it keep the whole function library.

    Example
    -------
        resnet/1/saved_model.pb: serve > PartitionedCall
        The server will refuse to load this model: the main graph calls function 'no_such_fn', and the model does not
        define it.
    """
    for reason, targets in case.reasons("TRT312"):
        name = reason.facts.get("function")
        function = f"function '{name}'" if name else "a function"
        where = reason.facts.get("where", "")
        caller = _CALLERS.get(where) or where or "the graph"
        yield Finding(
            f"{outcome.consequence(reason)}: {caller} calls {function}, and the model does not define it.",
            reason.at,
            "Export the model again from its source; if a tool made this graph, let it keep all functions.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

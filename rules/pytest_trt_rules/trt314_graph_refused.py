"""TRT314: a graph that the loader itself refuses."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT314", "graph-refused", Severity.ERROR, "load")
def graph_refused(case: Case) -> Iterator[Finding]:
    """The graph can be parsed, but is no valid graph for TensorFlow.

    Why it matters
    --------------
    The loader checks each node against its op and the nodes against each other, and refuses the whole model for one of
    them: a Const without value, an input or control input that names no node, two
    nodes of one name, a function that calls itself. TensorFlow's exporters write no such graph; tools that edit graphs
    do, and so does damage that leaves the file readable.

    What to do
    ----------
    Export the model again from its source. If a tool made the graph, load it with TensorFlow right after the tool ran,
    so that the tool's mistake shows there.

    Example
    -------
        resnet/1/saved_model.pb: serve > const_1
        The server will refuse to load this model: its graph is not valid (node 'const_1' is a Const without a value).
    """
    for reason, targets in case.reasons("TRT314"):
        what = reason.facts.get("what", "").strip().rstrip(".:")
        node = reason.facts.get("node")
        function = reason.facts.get("function")
        if what == "init":
            what = "it does not say which operation initialises it"
        elif not what:
            what = f"node '{node}' is refused" if node else "TensorFlow refuses it"
        elsewhere = f" in function '{function}'" if function and function not in what else ""
        yield Finding(
            f"{outcome.consequence(reason)}: its graph is not valid ({what}{elsewhere}).",
            reason.at,
            "Export the model again from its source; if a tool edited this graph, load the result with TensorFlow"
            " before deploying it.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

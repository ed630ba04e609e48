"""TRT202: a plan under a graph's name."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT202", "plan-named-as-graph", Severity.ERROR, "load")
def plan_named_as_graph(case: Case) -> Iterator[Finding]:
    """A TensorRT plan stands under the name of a TensorFlow graph.

    Why it matters
    --------------
    The name decides who opens a file. TensorFlow Serving parses `saved_model.pb` as a SavedModel, and says of a plan
    "Can't parse .../saved_model.pb as binary proto" (seen with the server's loader); every program that imports a `.pb`
    parses it as a graph. A plan is no protobuf at all, and it runs on one TensorRT and one kind of GPU only.

    What to do
    ----------
    - Put the SavedModel (or graph) itself under this name.
    - Give the plan a name of its own where engines are run; Triton's layout is `MODEL/1/model.plan` with
      `MODEL/config.pbtxt`.

    Example
    -------
        resnet/1/saved_model.pb
        This is a TensorRT plan, not a TensorFlow graph, though it is called saved_model.pb: TensorFlow Serving, and
        every program that reads graphs, will refuse it.
    """
    for reason, targets in case.reasons("TRT202"):
        file = reason.facts.get("file")
        yield Finding(
            f"This is a TensorRT plan, not a TensorFlow graph{f', though it is called {file}' if file else ''}:"
            " TensorFlow Serving, and every program that reads graphs, will refuse it.",
            reason.at,
            "Put the SavedModel or graph itself under this name; a plan is served by Triton as"
            " `MODEL/1/model.plan` with `MODEL/config.pbtxt`, or run with TensorRT itself.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

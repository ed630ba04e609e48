"""TRT104: TF-TRT ops in a graph that is no SavedModel."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case

_ARTICLES = {"GraphDef": "This frozen GraphDef", "MetaGraphDef": "This MetaGraphDef"}


@rule("TRT104", "engine-op-in-bare-graph", Severity.ERROR, "file")
def engine_op_in_bare_graph(case: Case) -> Iterator[Finding]:
    """A graph outside a SavedModel folder holds TF-TRT ops.

    Why it matters
    --------------
    TensorFlow Serving loads only `saved_model.pb` (or `saved_model.pbtxt`) in a version folder: it serves no frozen
    graph, whatever its name. And wherever else this graph is imported, that program needs TF-TRT's ops: they are in GPU
    builds of TensorFlow up to 2.17, not in CPU builds, and not in 2.18 or later. Programs that link TensorFlow's C
    library meet the same "Op type not registered 'TRTEngineOp'" (tensorflow/tensorflow#44061, #22360).

    What to do
    ----------
    - For TensorFlow Serving: export the native model as a SavedModel, from before the TF-TRT conversion; or convert
      its SavedModel (`TrtGraphConverterV2(input_saved_model_dir=...)`) for an image that has the ops, 2.17.1-gpu or
      older.
    - For another program: run it on a GPU build of TensorFlow 2.17 or older.

    Example
    -------
        models/frozen_trt.pb: TRTEngineOp_0
        This frozen GraphDef holds TRTEngineOp: only a GPU build of TensorFlow 2.17 or older, with TensorRT, can import
        it, and TensorFlow Serving loads no graph outside saved_model.pb.
    """
    for reason, targets in case.reasons("TRT104"):
        kind = reason.facts.get("kind", "graph")
        ops = reason.facts.get("ops", "ops of TF-TRT")
        yield Finding(
            f"{_ARTICLES.get(kind, f'This {kind}')} holds {ops}: only a GPU build of TensorFlow 2.17 or older, with"
            " TensorRT, can import it, and TensorFlow Serving loads no graph outside saved_model.pb.",
            reason.at,
            "Export the native model as a SavedModel, from before the TF-TRT conversion; or convert that SavedModel"
            " with `TrtGraphConverterV2` and serve it with tensorflow/serving:2.17.1-gpu or an older -gpu image.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

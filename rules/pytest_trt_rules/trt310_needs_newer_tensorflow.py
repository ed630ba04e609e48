"""TRT310: a graph that asks for a newer TensorFlow."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT310", "needs-newer-tensorflow", Severity.ERROR, "load")
def needs_newer_tensorflow(case: Case) -> Iterator[Finding]:
    """The graph says that only a newer TensorFlow may read it.

    Why it matters
    --------------
    `versions.min_consumer` of a GraphDef is the oldest reader that it allows, and the loader obeys: "GraphDef min
    consumer version 99998 above current version 1882 for TensorFlow 2.17.1.  Please upgrade TensorFlow." That a newer
    TensorFlow wrote the graph (`versions.producer`) is no obstacle by itself. Both were run with the server's own
    loader.

    What to do
    ----------
    Serve with a newer TensorFlow Serving, or export the model with the server's TensorFlow version.

    Example
    -------
        resnet/1/saved_model.pb: serve
        The server will refuse to load this model: its graph demands a TensorFlow that reads GraphDef version 99998, and
        the server's reads up to 1882.
    """
    for reason, targets in case.reasons("TRT310"):
        needs = reason.facts.get("needs", "a newer one")
        has = reason.facts.get("has")
        yield Finding(
            "The server will refuse to load this model: its graph demands a TensorFlow that reads GraphDef version"
            f" {needs}, and the server's {f'reads up to {has}' if has else 'is older'}.",
            reason.at,
            "Serve with a newer TensorFlow Serving, or export the model with the server's TensorFlow version.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

"""TRT308: an asset that initialisation reads is not there."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT308", "asset-missing", Severity.ERROR, "load")
def asset_missing(case: Case) -> Iterator[Finding]:
    """A file that the model reads, a vocabulary say, is missing from assets/.

    Why it matters
    --------------
    Lookup tables are filled from files in `assets/` while the model loads, and a file that is not there fails the load:
    "NOT_FOUND: .../assets/vocab.txt; No such file or directory". An asset that is listed but that nothing reads is no
    problem, and is not reported. Both were run with the server's own loader. A path that is written into the graph as a
    constant, with the file outside of the model, is read where the server runs.

    What to do
    ----------
    Deploy the whole SavedModel folder, with `assets/`. Name files by `tf.saved_model.Asset` in the exported object, so
    that they become a part of the model.

    Example
    -------
        ranker/1/assets/vocab.txt
        The server will refuse to load this model: initialisation reads assets/vocab.txt, and it is not there.
    """
    for reason, targets in case.reasons("TRT308"):
        asset = reason.facts.get("what") or reason.facts.get("asset") or "a file of assets/"
        node = reason.facts.get("node")
        reader = "initialisation" if reason.stage == "load" else f"node '{node}'" if node else "the model"
        if asset.startswith("assets/") or not reason.facts.get("what"):
            hint = f"Deploy the whole SavedModel folder, with {asset}; export again if it is lost."
        else:
            hint = (
                "The path is a constant of the graph: export the file with the model (`tf.saved_model.Asset(path)`), or"
                " put it at that path on the server."
            )
        yield Finding(
            f"{outcome.consequence(reason)}: {reader} reads {asset}, and it is not there.",
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

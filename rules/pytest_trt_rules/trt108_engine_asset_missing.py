"""TRT108: the engine that initialisation reads is not there."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT108", "engine-asset-missing", Severity.ERROR, "load")
def engine_asset_missing(case: Case) -> Iterator[Finding]:
    """The file with a built engine is missing from the model's assets.

    Why it matters
    --------------
    A model that was saved after `build()` keeps its engines beside the graph, in
    `assets/trt-serialized-engine.<node>`. InitializeTRTResource reads that file while the model loads; without it the
    load fails. Run with TensorFlow 2.14.1 on an H100: "NOT_FOUND:
    .../assets/trt-serialized-engine.TRTEngineOp_006_000; No such file or directory". Copies that leave `assets/` or
    large files behind do this: .gitignore, a Dockerfile that copies saved_model.pb and variables/ only, an upload by
    suffix.

    What to do
    ----------
    Deploy the whole SavedModel folder. If the file is lost, convert, build and save again; or save without `build()`,
    and the model needs no engine file (then the first request builds it: TRT105).

    Example
    -------
        resnet/1/assets/trt-serialized-engine.TRTEngineOp_006_000
        The server will refuse to load this model: initialisation reads the engine
        trt-serialized-engine.TRTEngineOp_006_000, and it is not there.
    """
    for reason, targets in case.reasons("TRT108"):
        asset = reason.facts.get("asset", "file")
        yield Finding(
            f"{outcome.consequence(reason)}: initialisation reads the engine {asset}, and it is not there.",
            reason.at,
            f"Deploy the whole SavedModel folder, with {asset}; if it is lost, convert again with"
            " `converter.build(input_fn)` and `converter.save(folder)`.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

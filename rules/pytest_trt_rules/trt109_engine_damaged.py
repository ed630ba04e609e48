"""TRT109: a stored engine is cut or no engine."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT109", "engine-damaged", Severity.ERROR, "load")
def engine_damaged(case: Case) -> Iterator[Finding]:
    """A stored engine is cut, or is no engine at all.

    Why it matters
    --------------
    TF-TRT does not check whether TensorRT accepted a stored engine, so one that it refuses kills the process at load.
    Run with TensorFlow 2.14.1 and TensorRT 8.5.3.1 on an H100, each in a process of its own: an engine cut in half
    ("Size specified in header does not match archive size"), placeholder bytes and a wrong magic ("Magic tag does not
    match") all ended in a segmentation fault (exit 139). In a server that is a crash loop which takes every other model
    down. Bytes changed inside a whole engine are not seen here: that model loaded, and each request fell back to the
    native segment. Nor does an engine inside the graph itself (of a static model, as TensorFlow 1 writes it) kill the
    server: it is read at the first request, and then built again or replaced by the native segment. That is a warning.

    What to do
    ----------
    Copy the file again and compare its size and checksum with the original's; `git lfs pull` if it is a git-LFS
    pointer. If the original is damaged as well, convert, build and save again.

    Example
    -------
        resnet/1/assets/trt-serialized-engine.TRTEngineOp_006_000
        The server will crash while it loads this model, which takes every other model down with it: the engine in
        trt-serialized-engine.TRTEngineOp_006_000 is damaged (cut: header says 355,000 bytes, 1,000 are there).
    """
    for reason, targets in case.reasons("TRT109"):
        node = reason.facts.get("node", "TRTEngineOp")
        asset = reason.facts.get("asset")
        what = reason.facts.get("what")
        damaged = f"is damaged{f' ({what})' if what else ''}"
        static = bool(reason.facts.get("static"))
        if static:
            message = (
                f"The engine inside '{node}' {damaged}: the first request builds it again, or the native segment runs"
                " without TensorRT."
            )
        else:
            message = (
                "The server will crash while it loads this model, which takes every other model down with it: the"
                f" engine {f'in {asset}' if asset else f'of {node!r}'} {damaged}."
            )
        yield Finding(
            message,
            reason.at,
            "Copy the file again from where it was built (`git lfs pull` if it is a git-LFS pointer) and compare"
            " checksums; if the original is damaged too, convert again with `converter.build(input_fn)` and"
            " `converter.save(folder)`.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
            severity=Severity.WARNING if static else None,
        )

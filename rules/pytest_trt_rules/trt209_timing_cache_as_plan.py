"""TRT209: a timing cache under an engine's name."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT209", "timing-cache-as-plan", Severity.ERROR, "load")
def timing_cache_as_plan(case: Case) -> Iterator[Finding]:
    """A serialised timing cache stands under an engine's name.

    Why it matters
    --------------
    A timing cache is what the builder remembers of its measurements, so that the next build is quicker
    (`trtexec --timingCacheFile`, `config.get_timing_cache().serialize()`). It begins with the same four bytes as
    engines of TensorRT before 8.6 (`ptrt`), but holds no network and no weights: no runtime makes an engine of it.
    TensorRT 8.6 says "Serialization assertion plan->header.magicTag == rt::kPLAN_MAGIC_TAG failed." of whatever does
    not begin as a plan. It gets under an engine's name where a script mixes up the two outputs of a build, or saves
    the wrong buffer.

    What to do
    ----------
    Put the engine itself there (`trtexec --saveEngine=model.plan`), and keep the timing cache under a name of its own
    with the build, not with the server.

    Example
    -------
        engines/resnet.plan
        This is a timing cache of TensorRT's builder, not an engine, though it is called resnet.plan: no runtime will
        load it.
    """
    for reason, targets in case.reasons("TRT209"):
        file = reason.facts.get("file")
        yield Finding(
            "This is a timing cache of TensorRT's builder, not an engine"
            f"{f', though it is called {file}' if file else ''}: no runtime will load it.",
            reason.at,
            "Put the engine itself there (`trtexec --saveEngine=model.plan`), and keep the timing cache with the build,"
            " under a name of its own.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

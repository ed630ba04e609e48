"""TRT103: TF-TRT ops that nothing runs."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT103", "engine-op-unreached", Severity.NOTE, "any")
def engine_op_unreached(case: Case) -> Iterator[Finding]:
    """The file holds TF-TRT ops, but nothing that the server runs reaches them.

    Why it matters
    --------------
    It does not, for this server: the loader leaves alone functions that nothing calls, the function that only saves
    variables, and metagraphs with other tags than `{serve}` (of two with the same tags, the first counts). The
    server's own loader was run on each of these cases. It is worth a note because other programs are stricter, as
    `tf.saved_model.load` is with functions that nothing calls, and because a search for "TRTEngineOp" in the file
    finds it.

    What to do
    ----------
    Nothing for this server. To be rid of the ops, export the native model again, as it was before the TF-TRT
    conversion, or leave the unused function or metagraph out of the export.

    Example
    -------
        resnet/1/saved_model.pb: serve > __inference_old_7 > TRTEngineOp_0
        TRTEngineOp in function __inference_old_7 that nothing calls is never run: the server loads and serves the
        model as if it were not there.
    """
    for reason, targets in case.reasons("TRT103"):
        ops = reason.facts.get("ops", "An op of TF-TRT")
        many = ", " in ops
        where = reason.facts.get("where", "a part of the file that the server does not use")
        yield Finding(
            f"{ops} in {where} {'are' if many else 'is'} never run: the server loads and serves the model as if"
            f" {'they' if many else 'it'} were not there.",
            reason.at,
            "Nothing to do for this server; to be rid of it, export the native model again, as it was before the"
            " TF-TRT conversion.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

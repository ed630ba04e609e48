"""TRT902: bytes that are not what they claim to be."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT902", "malformed", Severity.ERROR, "any")
def malformed(case: Case) -> Iterator[Finding]:
    """The file's bytes break the format that it claims to have.

    Why it matters
    --------------
    The server's parser refuses the same bytes: "Can't parse .../saved_model.pb as binary proto" (DATA_LOSS), or
    "Read less bytes than requested" (OUT_OF_RANGE) for a file that was cut. Interrupted copies and uploads, conversion
    of line ends, and a full disk do this. What was read up to there is reported, the rest is not known, and the exit
    status is 3.

    What to do
    ----------
    Compare size and checksum with the original's and copy the file again; in git, mark the file as binary
    (`*.pb binary` in .gitattributes). If the original is broken too, export the model again.

    Example
    -------
        resnet/1/saved_model.pb
        The bytes are not what they claim to be at byte 4,096: a message that ends inside a field.
    """
    for reason, targets in case.reasons("TRT902"):
        offset = reason.at.offset
        loads = "The server will refuse to load this model: its" if reason.stage == "load" else "The"
        yield Finding(
            f"{loads} bytes are not what they claim to be{'' if offset is None else f' at byte {offset:,}'}:"
            f" {reason.facts.get('why', 'the format is broken')}.",
            reason.at,
            "Compare size and checksum with the original's and copy the file again; if the original is broken too,"
            " export the model again.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

"""TRT204: a plan that is not whole."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT204", "plan-damaged", Severity.ERROR, "load")
def plan_damaged(case: Case) -> Iterator[Finding]:
    """A TensorRT plan is cut, or its parts disagree with its header.

    Why it matters
    --------------
    A plan's header holds its size and the place of its parts, and its last four bytes mark its end. TensorRT compares
    all of that before anything else and refuses what differs, on any GPU. Run with TensorRT 8.6.0 on an H100: a plan
    that lacks its last byte, and one with a byte more, give "Serialization assertion plan->header.size == blobSize
    failed."; another end gives "... == rt::kEND_OF_PLAN_MARKER failed."; an entry that lies outside gives "cursor <
    blobSize failed."; a file that ends inside the header "Assertion blobSize > ... failed.". TensorRT returns no engine
    then and raises no exception; a program that does not look goes on with None.

    The usual causes are a copy that was interrupted, a full disk while the plan was written, and a transfer in text
    mode. Damage in the middle of a plan does not show: TensorRT has no checksum over it (a plan with a flipped byte was
    accepted in the same run).

    What to do
    ----------
    Compare its checksum with the original's and copy it again, or build it again.

    Example
    -------
        engines/resnet.plan
        The runtime will refuse this plan: it is cut: its header says 91,540 bytes, 45,770 are there.
    """
    told: set[str] = set()
    for reason, targets in case.reasons("TRT204"):
        what = reason.facts.get("what") or "its parts disagree with its header"
        if what in told:
            continue  # a runtime refuses it because of what was said of the file itself
        told.add(what)
        subject = "" if what.startswith(("its ", "it ")) else "it is "
        yield Finding(
            f"The runtime will refuse this plan: {subject}{what}.",
            reason.at,
            "Compare its checksum with the original's and copy it again, or build the plan again.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

"""TRT311: version folders that the server does not see as meant."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT311", "version-folder-name", Severity.WARNING, "file")
def version_folder_name(case: Case) -> Iterator[Finding]:
    """The server ignores this version folder, or sees two folders as one version.

    Why it matters
    --------------
    A version is a child of the base path whose whole name is an integer: "1", "001" and "00000123" are, "v1", "1.0" and
    "1-tmp" are not and are passed over. If none is left the server waits: "No versions of servable M found under base
    path P. Did you forget to name your leaf directory as a number (eg. '/1/')?" (tensorflow/serving#1250, #266, #1419,
    #1831). "1" and "001" are the same version: "Duplicate version directories detected. Version 1 will be loaded from
    A, B will be ignored."

    What to do
    ----------
    Name each version folder by a number of its own, without leading zeros: BASE/1, BASE/2. By default the largest is
    served.

    Example
    -------
        resnet/v1
        The server will not see this version: 'v1' is not an integer, and TensorFlow Serving takes only folders with an
        integer for a name as versions.
    """
    for reason, targets in case.reasons("TRT311"):
        name = reason.facts.get("name") or reason.at.path
        if reason.facts.get("kind") == "duplicate":
            other = reason.facts.get("other") or "another"
            message = (
                f"The server will load only one of the folders '{name}' and '{other}', and"
                " ignore the other: both names mean the same version."
            )
            hint = "Give each version a number of its own, without leading zeros, and remove the folder that is stale."
        else:
            message = (
                f"The server will not see this version: '{name}' is not an integer, and TensorFlow Serving takes only"
                " folders with an integer for a name as versions."
            )
            hint = "Rename the folder to a number, as BASE/1; the largest number is served by default."
        yield Finding(
            message,
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

"""TRT901: what the operating system does not give."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case

_LOCAL = "Make it a regular file that this user can read and that nothing writes to, or leave the path out."
_REMOTE = "Check that the URL opens from this machine and with these credentials, and run again; or leave it out."


@rule("TRT901", "unreadable", Severity.ERROR, "any")
def unreadable(case: Case) -> Iterator[Finding]:
    """The operating system does not hand over the file.

    Why it matters
    --------------
    A file without read permission, a path that does not exist, a FIFO, device or socket, a file that changes or
    vanishes while it is read: nothing was learned, so nothing can be promised. The exit status is 3. If the server runs
    as the same user it cannot read the file either.

    What to do
    ----------
    Make the file readable, or check when nothing writes to the folder (a model server's folder that is being filled,
    say), or leave the path out.

    Example
    -------
        resnet/1/saved_model.pb
        This was not read, so nothing is known of it: permission denied.
    """
    for reason, targets in case.reasons("TRT901"):
        yield Finding(
            f"This was not read, so nothing is known of it: {reason.facts.get('why', 'the file cannot be opened')}.",
            reason.at,
            _REMOTE if "://" in reason.at.path else _LOCAL,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

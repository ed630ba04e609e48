"""TRT208: a git-LFS pointer instead of the file."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT208", "lfs-pointer", Severity.ERROR, "load")
def lfs_pointer(case: Case) -> Iterator[Finding]:
    """A git-LFS pointer stands where a model or an engine should be.

    Why it matters
    --------------
    Where git LFS is not installed, or `GIT_LFS_SKIP_SMUDGE` is set, or a checkout was made without it (as
    actions/checkout makes them unless `lfs: true` is set), git leaves three lines of text in place of the file: its
    digest and its size. An image that is built from such a checkout holds the pointers, and the server fails when it
    starts: TensorFlow Serving cannot parse the file, and TensorRT 8.6 says of whatever does not begin as a plan
    "Serialization assertion plan->header.magicTag == rt::kPLAN_MAGIC_TAG failed." Of about 35 engines that were fetched
    from public repositories for trt-lint's samples, 13 were pointers.

    What to do
    ----------
    - `git lfs install && git lfs pull` before the files are copied, uploaded or built into an image.
    - In CI: `actions/checkout` with `lfs: true`; `GIT_LFS_SKIP_SMUDGE` not set.

    Example
    -------
        engines/resnet.plan
        In place of resnet.plan stands a git-LFS pointer: the file itself was never fetched, and what opens it will
        fail.
    """
    for reason, targets in case.reasons("TRT208"):
        yield Finding(
            f"In place of {reason.facts.get('file') or 'this file'} stands a git-LFS pointer: the file itself was never"
            " fetched, and what opens it will fail.",
            reason.at,
            "Fetch the content with `git lfs pull` before the files are copied, uploaded or built into an image (in"
            " GitHub Actions: `lfs: true` for actions/checkout).",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

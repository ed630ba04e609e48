"""TRT414: a git-LFS pointer on its way to a server."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT414", "lfs-pointer-deployed", Severity.ERROR, "load")
def lfs_pointer_deployed(case: Case) -> Iterator[Finding]:
    """What is deployed is a git-LFS pointer in place of a file of the model.

    Why it matters
    --------------
    An image that is built, or a bucket that is filled, from a checkout without git LFS holds three lines of text where
    the weights or the engine should be (TRT208). Nothing fails before the server opens the file: TensorFlow Serving
    cannot parse a saved_model.pb, or reads past the end of variables.data; TensorRT says that a tag does not match.

    What to do
    ----------
    - `git lfs pull` in the step that builds the image or uploads the model.
    - In GitHub Actions `actions/checkout` with `lfs: true`; in GitLab CI `GIT_LFS_SKIP_SMUDGE` not set.

    Example
    -------
        Dockerfile:2
        Image tensorflow/serving:2.17.1-gpu is to serve models/resnet/1/saved_model.pb, and that is a git-LFS pointer:
        the file itself was never fetched.
    """
    for reason, targets in case.reasons("TRT414"):
        path = reason.facts.get("path") or "a file"
        yield Finding(
            f"{delivery.server(reason)} is to serve {path}, and that is a git-LFS pointer: the file itself was"
            " never fetched.",
            reason.at,
            "Run `git lfs pull` before the image is built or the files are uploaded (in GitHub Actions: `lfs: true` for"
            " actions/checkout).",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

"""TRT403: an image tag that means another image tomorrow."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT403", "floating-tag", Severity.WARNING, "any")
def floating_tag(case: Case) -> Iterator[Finding]:
    """The image's tag means another server with every release.

    Why it matters
    --------------
    Whether a model with TensorRT in it is served depends on the server's exact version: TensorFlow Serving lost
    TF-TRT's ops between 2.17 and 2.18, Triton its TensorFlow backend between 25.02 and 25.03, and a plan or a stored
    engine wants one TensorRT. `latest`, `latest-gpu`, `nightly`, a tag of one or two numbers (`2`, `2.19`) and no tag
    at all are decided when a node pulls, so two nodes of one deployment may run two versions. trt-lint takes them as
    the newest image that it knows.

    What to do
    ----------
    Write the whole version (`tensorflow/serving:2.17.1-gpu`, `nvcr.io/nvidia/tritonserver:24.05-py3`), or pin the
    digest (`@sha256:...`). Let a tool raise it in a change of its own, and trt-lint judge that change.

    Example
    -------
        Dockerfile:1
        Image tensorflow/serving:latest-gpu is another server after each release: tag latest-gpu is resolved when the
        image is pulled, so what this model will meet is not fixed.
    """
    for reason, targets in case.reasons("TRT403"):
        image = f"Image {reason.facts['image']}" if reason.facts.get("image") else "This image"
        tag = reason.facts.get("tag")
        which = f"tag {tag} is" if tag else "without a tag it means latest, which is"
        triton = reason.facts.get("server") == "triton"
        example = "nvcr.io/nvidia/tritonserver:24.05-py3" if triton else "tensorflow/serving:2.17.1-gpu"
        yield Finding(
            f"{image} is another server after each release: {which} resolved when the image is pulled, so what this"
            " model will meet is not fixed.",
            reason.at,
            f"Write the whole {'month' if triton else 'version'}, as in `{example}`, or pin the digest.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

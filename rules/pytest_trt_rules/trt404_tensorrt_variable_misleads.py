"""TRT404: TensorRT installed beside a server that cannot use it."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT404", "tensorrt-variable-misleads", Severity.WARNING, "file")
def tensorrt_variable_misleads(case: Case) -> Iterator[Finding]:
    """TensorRT is installed or named beside a TensorFlow Serving that is built without TF-TRT.

    Why it matters
    --------------
    The GPU images of TensorFlow Serving 2.18 to 2.20 install libnvinfer and set `TF_TENSORRT_VERSION=8.6.1`, and their
    server was built with `TF_NEED_TENSORRT=0` (.bazelrc, commit 787c85f1): it has none of TF-TRT's ops. The packages
    are dead weight, and the variable is read by nothing. Whoever sets or adds them believes that the server can run
    TF-TRT models; ops are compiled into `tensorflow_model_server` and cannot be installed beside it.

    What to do
    ----------
    - For TF-TRT models use tensorflow/serving:2.17.1-gpu or an older -gpu image.
    - Otherwise remove the variable and the packages: they decide nothing, and the image becomes smaller.

    Example
    -------
        Dockerfile:4
        'TF_TENSORRT_VERSION=8.6.1' brings no TensorRT to tensorflow/serving:2.18.0-gpu: from 2.18.0 on the server is
        built without TF-TRT's ops, whatever its image installs.
    """
    for reason, targets in case.reasons("TRT404"):
        what = f"'{reason.facts['what']}'" if reason.facts.get("what") else "This"
        image = reason.facts.get("image") or "this server"
        yield Finding(
            f"{what} brings no TensorRT to {image}: from 2.18.0 on the server is built without TF-TRT's ops, whatever"
            " its image installs.",
            reason.at,
            "Use tensorflow/serving:2.17.1-gpu for TF-TRT models, or remove it: the server does not read it.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

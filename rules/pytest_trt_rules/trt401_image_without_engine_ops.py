"""TRT401: a TF-TRT model on its way to an image that has no TF-TRT ops in any flavour."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT401", "image-without-engine-ops", Severity.ERROR, "any")
def image_without_engine_ops(case: Case) -> Iterator[Finding]:
    """The image that is to serve the model has no TF-TRT ops, and no other flavour of its version has them.

    Why it matters
    --------------
    TF-TRT's ops are in the GPU images of TensorFlow Serving 1.11 to 2.17 and nowhere else. From 2.18.0 on the server is
    built without them (commit 787c85f1), though its GPU image still installs libnvinfer and sets
    `TF_TENSORRT_VERSION` (TRT404). tensorflow/serving#4018 is what follows: a model that 2.17.0-gpu serves stops with
    "Op type not registered 'CreateTRTResourceHandle'" after the image was raised to 2.18.0-gpu, and nothing in the
    Dockerfile looks wrong.

    A model that fails at load keeps the server from becoming ready, after five more tries a minute apart. One that
    fails at requests is reported as AVAILABLE, passes its readiness probe and then answers nothing.

    What to do
    ----------
    - Deploy tensorflow/serving:2.17.1-gpu or an older -gpu image. Engines stored in the model have to be of that
      image's TensorRT (TRT107) and of the node's GPU (TRT111).
    - Or deploy the native model, as it was before the TF-TRT conversion: every image serves it.
    - If the image is your own build and has the ops, name it in the configuration with `extra-ops`.

    Example
    -------
        docker-compose.yml:7
        Image tensorflow/serving:2.19.0-gpu will refuse to load models/resnet/1: the model holds TF-TRT ops, and no
        image of TensorFlow Serving 2.19.0 has them.

        NOT_FOUND: Op type not registered 'TRTEngineOp' in binary running on HOST.
    """
    for reason, targets in case.reasons("TRT401"):
        facts = reason.facts
        version = f"TensorFlow Serving {facts['version']}" if facts.get("version") else "its version"
        yield Finding(
            f"{delivery.outcome(reason)}: the model holds TF-TRT ops, and no image of {version} has them.",
            reason.at,
            "Deploy tensorflow/serving:2.17.1-gpu (the -gpu images of 1.11 to 2.17 have TF-TRT's ops), or the native"
            " model, as it was before the TF-TRT conversion.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

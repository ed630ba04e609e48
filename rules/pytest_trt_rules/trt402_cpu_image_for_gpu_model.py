"""TRT402: a model that needs a GPU, on its way to a CPU image."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT402", "cpu-image-for-gpu-model", Severity.ERROR, "any")
def cpu_image_for_gpu_model(case: Case) -> Iterator[Finding]:
    """The CPU flavour of the image is to serve a model that only its GPU flavour can run.

    Why it matters
    --------------
    `tensorflow/serving:2.17.1` and `tensorflow/serving:latest` are CPU images, whatever GPU the deployment asks for:
    only tags that end in `-gpu` hold the CUDA build. TF-TRT's ops were never in a CPU image
    (tensorflow/serving#1388: "Op type not registered 'TRTEngineOp'"), the server does not move a node away from a
    device that it is pinned to, and some ops (cuDNN's) have a kernel for GPUs alone. Derivatives such as
    bitnami/tensorflow-serving and intel/intel-optimized-tensorflow-serving are CPU builds in every tag.

    What to do
    ----------
    - Deploy the image with `-gpu` behind its tag, on a node with a GPU (`--gpus all`, `nvidia.com/gpu` among the
      limits).
    - Or export the model for a CPU: the native model without TF-TRT, without `tf.device`, without cuDNN's layers.

    Example
    -------
        k8s/resnet.yaml:31
        Image tensorflow/serving:2.17.1 will refuse to load models/resnet/1: it is a CPU image, and TF-TRT's ops are
        only in tensorflow/serving:2.17.1-gpu.

        NOT_FOUND: Op type not registered 'TRTEngineOp' in binary running on HOST.
    """
    for reason, targets in case.reasons("TRT402"):
        better = reason.facts.get("better") or "the -gpu flavour"
        need = reason.facts.get("need")
        what = f"and {need}" if need else f"and TF-TRT's ops are only in {better}"
        yield Finding(
            f"{delivery.outcome(reason)}: it is a CPU image, {what}.",
            reason.at,
            f"Deploy {better} on a node with a GPU, or export the model for a CPU (without TF-TRT and without"
            " `tf.device`).",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

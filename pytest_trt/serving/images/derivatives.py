"""Images that others build from TensorFlow Serving. Data; each table says its source."""

from __future__ import annotations


class Derivative:
    """A family of images.

    family: its name in lists. shown: how an image of it is named. serves: what it serves with, for people.
    tensorrt_ops: "no", or "unknown" for its GPU flavour. source: where that is known from.
    """

    __slots__ = ("family", "shown", "serves", "tensorrt_ops", "source")

    def __init__(self, family: str, shown: str, serves: str, tensorrt_ops: str, source: str) -> None:
        self.family = family
        self.shown = shown
        self.serves = serves
        self.tensorrt_ops = tensorrt_ops
        self.source = source


SAGEMAKER = Derivative(
    "sagemaker",
    "tensorflow-inference:2.16-gpu",
    "AWS's builds of TensorFlow Serving",
    "unknown",
    "aws/sagemaker-tensorflow-serving-container README.md; aws/sagemaker-python-sdk image_uri_config/tensorflow.json;"
    " aws/deep-learning-containers tensorflow/inference/docker/*/Dockerfile.gpu",
)
VERTEX = Derivative(
    "vertex",
    "prediction/tf2-gpu.2-15:latest",
    "TensorFlow Serving, version in the name",
    "unknown",
    "docs.cloud.google.com pre-built-containers",
)
BITNAMI = Derivative(
    "bitnami",
    "bitnami/tensorflow-serving:2.19.1",
    "TensorFlow Serving for the CPU",
    "no",
    "bitnami/containers bitnami/tensorflow-serving/2/debian-12/Dockerfile: no CUDA in it",
)
INTEL = Derivative(
    "intel",
    "intel/intel-optimized-tensorflow-serving:2.8.0",
    "TensorFlow Serving for the CPU, oneDNN",
    "no",
    "tensorflow/serving Dockerfile.mkl",
)
EMACSKI = Derivative(
    "emacski",
    "emacski/tensorflow-serving:2.6.0",
    "TensorFlow Serving for the CPU",
    "no",
    "emacski/tensorflow-serving-arm README.md: no CUDA in its build",
)
SELDON = Derivative(
    "seldon",
    "seldonio/tfserving-proxy:1.18.0",
    "tensorflow/serving:2.1.0 behind a proxy",
    "no",
    "SeldonIO/seldon-core helm-charts/seldon-core-operator/values.yaml@v1.1.0 to v1.18.0",
)
FAMILIES = (SAGEMAKER, VERTEX, BITNAMI, INTEL, EMACSKI, SELDON)

# TensorFlow in SageMaker's images -> the libnvinfer of the -gpu image, "" for none, None where not known. Source:
# Dockerfile.gpu in aws/deep-learning-containers before 2026-02; docker/tensorflow/inference/2.20/Dockerfile.cuda.
# There are no 2.15 and 2.17: aws/sagemaker-python-sdk image_uri_config/tensorflow.json.
SAGEMAKER_TENSORRT = {
    **dict.fromkeys(((1, 11), (1, 12), (1, 13), (1, 14)), None),
    **dict.fromkeys(((1, 15), (2, 0)), "5.0.2"),
    **dict.fromkeys(((2, 1), (2, 2), (2, 3)), "6.0.1"),
    (2, 4): "7.1.3",
    (2, 5): "7.2.2",
    (2, 6): "8.0.1",
    (2, 7): None,
    **dict.fromkeys(((2, 8), (2, 9), (2, 10), (2, 11)), "8.0.1"),
    **dict.fromkeys(((2, 12), (2, 13), (2, 14)), "8.4.3"),
    (2, 16): "8.6.1.6",
    **dict.fromkeys(((2, 18), (2, 19), (2, 20)), ""),
}
# From this one on the images hold no TensorRT at all, so that no server in them can have its ops.
SAGEMAKER_WITHOUT_TENSORRT = (2, 18)

# The newest of a family whose tag says `latest`, and what it is. Source: that Dockerfile.
BITNAMI_NEWEST = (2, 20, 0)
SELDON_SERVES = (2, 1, 0)

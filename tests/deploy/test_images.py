"""Image references: their parts, whose servers they are, which tags float."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_trt.deploy import images
from pytest_trt.deploy.edge import OTHER, TENSORFLOW_SERVING, TRITON, line

AT = line("compose.yaml", 3)


@pytest.mark.parametrize(
    ("reference", "registry", "repository", "tag", "digest"),
    [
        ("tensorflow/serving", None, "tensorflow/serving", None, None),
        ("tensorflow/serving:2.18.0", None, "tensorflow/serving", "2.18.0", None),
        ("localhost:5000/tensorflow/serving", "localhost:5000", "tensorflow/serving", None, None),
        ("localhost/serving:1", "localhost", "serving", "1", None),
        ("registry.example:5000/a/b/serving:2.1@sha256:ab", "registry.example:5000", "a/b/serving", "2.1", "sha256:ab"),
        ("a/b@sha256:ab", None, "a/b", None, "sha256:ab"),
        (" nvcr.io/nvidia/tritonserver:24.05-py3\n", "nvcr.io", "nvidia/tritonserver", "24.05-py3", None),
        ("serving:", None, "serving", None, None),
    ],
)
def test_a_reference_has_parts(
    reference: str, registry: str | None, repository: str, tag: str | None, digest: str | None
) -> None:
    image = images.parse(reference)
    assert (image.registry, image.repository, image.tag, image.digest) == (registry, repository, tag, digest)


@given(st.text())
def test_any_text_has_parts(text: str) -> None:
    image = images.parse(text)
    assert image.repository in text
    images.family(text)
    images.floating(image)


@pytest.mark.parametrize(
    ("reference", "family", "kind"),
    [
        ("tensorflow/serving:2.18.0-gpu", TENSORFLOW_SERVING, images.STOCK),
        ("docker.io/tensorflow/serving", TENSORFLOW_SERVING, images.STOCK),
        ("mirror.example/hub/tensorflow/serving:2.1.0", TENSORFLOW_SERVING, images.STOCK),
        ("tensorflow/serving:2.1.0-devel-gpu", TENSORFLOW_SERVING, images.PLAIN),
        ("bitnami/tensorflow-serving:2", TENSORFLOW_SERVING, images.BITNAMI),
        ("bitnamilegacy/tensorflow-serving:2", TENSORFLOW_SERVING, images.BITNAMI),
        ("emacski/tensorflow-serving:2.6.0-linux_arm64", TENSORFLOW_SERVING, images.STOCK),
        ("intel/intel-optimized-tensorflow-serving:2.8.0", TENSORFLOW_SERVING, images.STOCK),
        ("1.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference:2.16-gpu", TENSORFLOW_SERVING, images.SAGEMAKER),
        (
            "1.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-tensorflow-serving:1.12-gpu",
            TENSORFLOW_SERVING,
            images.SAGEMAKER,
        ),
        ("1.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-tritonserver:23.02-py3", TRITON, images.SAGEMAKER),
        ("europe-docker.pkg.dev/vertex-ai/prediction/tf2-gpu.2-15:latest", TENSORFLOW_SERVING, images.VERTEX),
        ("gcr.io/cloud-aiplatform/prediction/sklearn-cpu.1-0:latest", OTHER, images.PLAIN),
        ("seldonio/tfserving-proxy:1.18.0", TENSORFLOW_SERVING, images.PROXY),
        ("nvcr.io/nvidia/tritonserver:24.05-py3", TRITON, images.PLAIN),
        ("nvcr.io/nvidia/tensorrtserver:19.02-py3", TRITON, images.PLAIN),
        ("gcr.io/nvidia-ngc-public/tritonserver:23.05-py3", TRITON, images.PLAIN),
        ("tritonserver", TRITON, images.PLAIN),
        ("pytorch/torchserve:latest-gpu", OTHER, images.PLAIN),
        ("kserve/sklearnserver:v0.11", OTHER, images.PLAIN),
        ("nginx", None, images.PLAIN),
        ("me/tensorflow-serving:1", None, images.PLAIN),
        ("nvcr.io/nvidia/tensorrt:23.05-py3", None, images.PLAIN),
        ("tensorflow/tensorflow:2.18.0", None, images.PLAIN),
    ],
)
def test_images_of_known_servers(reference: str, family: str | None, kind: str) -> None:
    assert images.family(reference) == family
    assert images.kind(reference) == kind


@pytest.mark.parametrize(
    ("reference", "family"),
    [
        ("tensorflow-serving", TENSORFLOW_SERVING),
        ("me/tf-serving:3", TENSORFLOW_SERVING),
        ("me/my-triton", TRITON),
        ("nginx", None),
    ],
)
def test_names_of_ones_own_images_speak(reference: str, family: str | None) -> None:
    assert images.resembles(reference) == family


@pytest.mark.parametrize(
    ("reference", "floats"),
    [
        ("tensorflow/serving", True),
        ("tensorflow/serving:latest", True),
        ("tensorflow/serving:latest-gpu", True),
        ("tensorflow/serving:latest-devel", True),
        ("tensorflow/serving:nightly", True),
        ("tensorflow/serving:nightly-gpu", True),
        ("tensorflow/serving:2", True),
        ("tensorflow/serving:2.19", True),
        ("tensorflow/serving:2.19-gpu", True),
        ("tensorflow/serving:2.19.0", False),
        ("tensorflow/serving:2.19.0-gpu", False),
        ("tensorflow/serving:latest@sha256:ab", False),
        ("tensorflow/serving@sha256:ab", False),
        ("tensorflow/serving:ours", False),
        ("tensorflow/serving:latestish", False),
        ("bitnami/tensorflow-serving:2", True),
        ("bitnami/tensorflow-serving:2.19.1-debian-12-r0", False),
        ("nvcr.io/nvidia/tritonserver", True),
        ("nvcr.io/nvidia/tritonserver:24.05-py3", False),
        ("nvcr.io/nvidia/tritonserver:24-py3", True),
        ("x/sagemaker-tritonserver:23.02-py3", False),
        ("x/tensorflow-inference:2.16-gpu", True),
        ("x/tensorflow-inference:2.16.1-gpu-py310", False),
        ("europe-docker.pkg.dev/vertex-ai/prediction/tf2-gpu.2-15:latest", False),
    ],
)
def test_tags_that_float(reference: str, floats: bool) -> None:
    assert images.floating(images.parse(reference)) is floats
    remark = images.floating_tag(reference, AT)
    assert (remark is not None) is floats
    if remark is not None:
        assert (remark.code, remark.at) == ("TRT403", AT)
        assert remark.facts["tag"] == (images.parse(reference).tag or "")


def test_other_peoples_images_may_float() -> None:
    assert images.floating_tag("nginx:latest", AT) is None
    assert images.floating_tag("pytorch/torchserve", AT) is None


@pytest.mark.parametrize(
    ("reference", "lacks"),
    [
        ("tensorflow/serving:2.18.0-gpu", True),
        ("tensorflow/serving:2.20.0", True),
        ("tensorflow/serving:2.19", True),
        ("tensorflow/serving", True),
        ("tensorflow/serving:latest-gpu", True),
        ("tensorflow/serving:2.17.1-gpu", False),
        ("tensorflow/serving:ours", False),
        ("tensorflow/serving@sha256:ab", False),
        ("nvcr.io/nvidia/tritonserver:24.05-py3", False),
        ("x/tensorflow-inference:2.18-gpu", False),
        ("nginx", False),
    ],
)
def test_images_whose_tensorrt_misleads(reference: str, lacks: bool) -> None:
    assert images.lacks_engine_ops(reference) is lacks
    remark = images.misleading(reference, images.VARIABLE, AT)
    assert (remark is not None) is lacks


def test_packages_of_tensorrt() -> None:
    words = (
        "apt-get install -y libnvinfer8=8.6.1 libnvinfer-plugin8 tensorrt tensorrt==10.0 cuda-toolkit libcudnn8".split()
    )
    assert images.tensorrt_packages(words) == ["libnvinfer8=8.6.1", "libnvinfer-plugin8", "tensorrt", "tensorrt==10.0"]

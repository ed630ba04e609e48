"""What an image reference of a deployment file says of its server."""

from __future__ import annotations

import pytest

from pytest_trt.serving.server_images import ServerImage, server_of


def image_of(reference: str) -> ServerImage:
    image = server_of(reference)
    assert image is not None
    assert image.reference == reference
    return image


@pytest.mark.parametrize(
    "reference", ["nginx", "tensorflow/tensorflow:2.17.0-gpu", "acme/model:1", "", "a,b", "{{ .x }}"]
)
def test_of_nobody_we_know(reference: str) -> None:
    assert server_of(reference) is None


def test_cpu_image_of_a_release_with_the_ops() -> None:
    image = image_of("r.example:5000/tensorflow/serving:2.17.1")
    assert (image.kind, image.server, image.version_text) == ("tensorflow/serving", "tensorflow-serving", "2.17.1")
    assert (image.gpu, image.tensorrt_ops, image.floating, image.unused) == (False, False, False, False)
    assert image.better == "r.example:5000/tensorflow/serving:2.17.1-gpu"
    assert image.newest_with_ops == "r.example:5000/tensorflow/serving:2.17.1-gpu"
    assert image_of("tensorflow/serving:2.17").better == "tensorflow/serving:2.17-gpu"
    assert image_of("tensorflow/serving:2.17.1-devel").better == "tensorflow/serving:2.17.1-devel-gpu"


def test_gpu_image_with_the_ops() -> None:
    image = image_of("tensorflow/serving:2.17.1-gpu")
    assert (image.gpu, image.tensorrt_ops, image.better, image.unused) == (True, True, None, False)
    assert image.tensorrt == image.tensorrt_installed == "8.6.1.6"


@pytest.mark.parametrize(
    ("tag", "installed"), [("2.18.0-gpu", "8.6.1.6"), ("2.19.1-gpu", "8.6.1.6"), ("2.20.0-gpu", None)]
)
def test_tensorrt_that_nothing_uses(tag: str, installed: str | None) -> None:
    image = image_of(f"tensorflow/serving:{tag}")
    assert (image.tensorrt_ops, image.tensorrt, image.tensorrt_installed) == (False, None, installed)
    assert image.unused
    assert (image.better, image.newest_with_ops) == (None, "tensorflow/serving:2.17.1-gpu")
    assert not image_of("tensorflow/serving:2.18.0").unused
    assert image_of("tensorflow/serving:2.18.0").better is None
    assert image_of("tensorflow/serving:1.10.1").better is None


@pytest.mark.parametrize(
    ("reference", "floating"),
    [
        ("tensorflow/serving", True),
        ("tensorflow/serving:latest", True),
        ("tensorflow/serving:latest-gpu", True),
        ("tensorflow/serving:latest-devel-gpu", True),
        ("tensorflow/serving:nightly", True),
        ("tensorflow/serving:nightly-gpu", True),
        ("tensorflow/serving:2", True),
        ("tensorflow/serving:2.19", True),
        ("tensorflow/serving:2.19-gpu", True),
        ("tensorflow/serving:2.19.0", False),
        ("tensorflow/serving:2.19.0-devel-gpu", False),
        ("tensorflow/serving:latest@sha256:0", False),
        ("tensorflow/serving@sha256:0", False),
        ("tensorflow/serving:mine", False),
        ("bitnami/tensorflow-serving", True),
        ("bitnami/tensorflow-serving:2", True),
        ("bitnami/tensorflow-serving:2.19.1-debian-12-r0", False),
        ("tensorflow-inference:2.16-gpu", False),
        ("x/prediction/tf2-cpu.2-15:latest", False),
        ("tritonserver", True),
        ("tritonserver:24.05-py3", False),
    ],
)
def test_floating(reference: str, floating: bool) -> None:
    assert image_of(reference).floating is floating


def test_what_cannot_be_told() -> None:
    for reference, why in (
        ("tensorflow/serving:nightly-gpu", "what a nightly image holds is not known"),
        ("tensorflow/serving:9.9.9", "there is no TensorFlow Serving 9.9.9"),
        ("tensorflow/serving@sha256:0", "which release a digest pins is not known"),
        ("tritonserver:21.01-py3", "nothing is known of a Triton 21.01"),
    ):
        image = image_of(reference)
        assert image.target is None and image.tensorrt_ops is None
        assert why in image.why
    assert image_of("tensorflow/serving:nightly-gpu").gpu


def test_triton() -> None:
    image = image_of("nvcr.io/nvidia/tritonserver:24.01-py3")
    assert (image.server, image.month, image.version_text, image.version) == ("triton", "24.01", "24.01", None)
    assert (image.gpu, image.tensorrt_ops, image.tensorrt) == (True, True, "8.6.1")
    assert image.newest_with_ops == "nvcr.io/nvidia/tritonserver:24.04-py3"
    gone = image_of("tritonserver:25.03-py3")
    assert (gone.tensorrt_ops, gone.tensorrt) == (False, "10.9.0.34")
    assert gone.why == "25.02 was the last Triton with a TensorFlow backend"
    assert image_of("tritonserver:24.08-py3").tensorrt_ops is None
    assert image_of("tritonserver:24.08-py3-min").tensorrt is None


def test_others() -> None:
    assert image_of("nvcr.io/nvidia/tensorrt:23.05-py3").server == "other"
    image = image_of("nvcr.io/nvidia/tensorflow:23.02-tf2-py3")
    assert (image.server, image.month, image.version, image.tensorrt) == ("other", "23.02", None, "8.5.3.1")
    assert image_of("tensorflow-inference:2.16-gpu").tensorrt_ops is None
    assert image_of("seldonio/tfserving-proxy:1.18.0").version == (2, 1, 0)


def test_the_gpu_is_passed_on() -> None:
    image = server_of("tritonserver:24.01-py3", "8.6")
    assert image is not None and image.target is not None
    assert image.target.capability == "8.6"

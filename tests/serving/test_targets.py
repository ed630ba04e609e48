"""Targets of every family of images, and what their references say."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_trt.lint import check
from pytest_trt.serving.families import family_of, repository_of, tag_of
from pytest_trt.serving.runtime import Runtime
from pytest_trt.serving.target import Target, TargetError, parse
from pytest_trt.serving.targets import IMAGES

EXAMPLES = Path(__file__).parents[2] / "examples"
ECR = "763104351884.dkr.ecr.us-east-1.amazonaws.com/"


def server(text: str) -> Target:
    target = parse(text)
    assert isinstance(target, Target)
    assert target.name == text
    return target


@pytest.mark.parametrize(
    ("text", "version", "gpu", "ops", "installed"),
    [
        (f"{ECR}tensorflow-inference:2.16-gpu", (2, 16, 1), True, None, "8.6.1.6"),
        (f"{ECR}tensorflow-inference:2.16.1-gpu-py310-cu123-ubuntu20.04-sagemaker", (2, 16, 1), True, None, "8.6.1.6"),
        (f"{ECR}tensorflow-inference:2.16-cpu", (2, 16, 1), False, False, None),
        (f"{ECR}tensorflow-inference:2.18-gpu", (2, 18, 1), True, False, None),
        (f"{ECR}tensorflow-inference:2.20-gpu,gpu=sm_75", (2, 20, 0), True, False, None),
        (f"{ECR}tensorflow-inference-eia:2.3", (2, 3, 4), False, False, None),
        (
            "520713654638.dkr.ecr.us-west-2.amazonaws.com/sagemaker-tensorflow-serving:1.12-gpu",
            (1, 12, 3),
            True,
            None,
            None,
        ),
        ("sagemaker-tensorflow-serving-eia:1.11-cpu", (1, 11, 1), False, False, None),
        ("us-docker.pkg.dev/vertex-ai/prediction/tf2-cpu.2-15:latest", (2, 15, 1), False, False, None),
        ("europe-docker.pkg.dev/vertex-ai/prediction/tf2-gpu.2-15", (2, 15, 1), True, None, None),
        ("gcr.io/cloud-aiplatform/prediction/tf2-gpu.2-12:latest", (2, 12, 2), True, None, None),
        ("bitnami/tensorflow-serving:2.19.1-debian-12-r0", (2, 19, 1), False, False, None),
        ("docker.io/bitnamilegacy/tensorflow-serving:2.19.0", (2, 19, 0), False, False, None),
        ("bitnami/tensorflow-serving:2", (2, 20, 0), False, False, None),
        ("bitnami/tensorflow-serving", (2, 20, 0), False, False, None),
        ("intel/intel-optimized-tensorflow-serving:2.8.0", (2, 8, 0), False, False, None),
        ("emacski/tensorflow-serving:2.6.0-linux_arm64_armv8-a", (2, 6, 0), False, False, None),
        ("emacski/tensorflow-serving:1.15.0", (1, 15, 0), False, False, None),
        ("seldonio/tfserving-proxy:1.18.0", (2, 1, 0), False, False, None),
    ],
)
def test_derivatives(
    text: str, version: tuple[int, int, int], gpu: bool, ops: bool | None, installed: str | None
) -> None:
    target = server(text)
    assert (target.version, target.gpu, target.tensorrt_ops) == (version, gpu, ops)
    assert target.tensorrt_installed == installed
    assert target.tensorrt is None
    assert bool(target.why_ops) == (ops is None)
    assert target.serving and target.source
    assert target.capability == ("7.5" if "sm_75" in text else None)
    assert target.kernels("TRTEngineOp") == (None if ops is None else ".")


@pytest.mark.parametrize(
    ("text", "version", "tensorrt", "ops"),
    [
        ("nvcr.io/nvidia/tensorflow:23.02-tf2-py3", (2, 11, 0), "8.5.3.1", True),
        ("nvcr.io/nvidia/tensorflow:23.02-tf1-py3", (1, 15, 5), "8.5.3.1", True),
        ("nvidia/tensorflow:24.05-tf2-py3", (2, 15, 0), "10.0.1.6", None),
        ("nvcr.io/nvidia/tensorflow:23.05-tf2-py3", (2, 12, 0), "8.6.1", True),
        ("nvcr.io/nvidia/tensorflow:18.12-py3", (1, 12, 0), "5.0.2", True),
    ],
)
def test_ngc_tensorflow(text: str, version: tuple[int, int, int], tensorrt: str, ops: bool | None) -> None:
    target = server(text)
    assert (target.version, target.tensorrt, target.tensorrt_ops) == (version, tensorrt, ops)
    assert target.gpu and not target.serving


@pytest.mark.parametrize(
    ("text", "version", "certain"),
    [
        ("nvcr.io/nvidia/tensorrt:23.05-py3", "8.6.1.6", True),
        ("nvcr.io/nvidia/tensorrt:23.04-py3", "8.6.1.2", True),
        ("tensorrt:23.05", "8.6.1.6", True),
        ("tensorrt:23.05-py3,gpu=sm_90", "8.6.1.6", True),
        ("nvcr.io/nvidia/tensorrt:24.06-py3@sha256:0", "10.1.0", False),
        ("nvcr.io/nvidia/tensorrt:25.04-py3", "", False),
    ],
)
def test_ngc_tensorrt(text: str, version: str, certain: bool) -> None:
    target = parse(text)
    assert isinstance(target, Runtime)
    assert target.known is not None
    assert (target.name, target.version_text, target.known.certain) == (text, version, certain)
    assert target.capability == ("9.0" if "sm_90" in text else None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tensorflow-inference:2.15-gpu", "SageMaker has no TensorFlow 2.15; near it are 2.14 and 2.16"),
        ("tensorflow-inference:2.17-cpu", "near it are 2.16 and 2.18"),
        ("tensorflow-inference:3.0-cpu", "near it are 2.20"),
        ("tensorflow-inference:2-gpu", "SageMaker has no TensorFlow 2;"),
        ("tensorflow-inference:2.16", "'2.16' names no flavour; write it as tensorflow-inference:2.16-gpu"),
        ("tensorflow-inference", "names no flavour"),
        ("tensorflow-inference:2.16-gpu,os=linux", "'os=linux' is not understood"),
        ("a/prediction/tf_opt-gpu.2-17:latest", "compiles a model again when it is uploaded"),
        ("a/prediction/tf2-gpu.9-99:latest", "there is no TensorFlow Serving 9.99; near it are 2.20.0"),
        ("a/prediction/tf2-gpu.nightly:latest", "'nightly' is no version"),
        ("bitnami/tensorflow-serving:3.1", "there is no TensorFlow Serving 3.1"),
        ("bitnami/tensorflow-serving:²", "'²' is no version"),
        ("intel/intel-optimized-tensorflow-serving", "which release its `latest` is, is not known"),
        ("emacski/tensorflow-serving:latest-linux_arm64", "which release its `latest` is, is not known"),
        (
            "nvcr.io/nvidia/tensorflow:24.06-tf2-py3",
            "which TensorFlow nvcr.io/nvidia/tensorflow:24.06-tf2-py3 has is not",
        ),
        ("nvcr.io/nvidia/tensorflow:24.06-tf2-py3", "it is of 24.05 and 24.08"),
        ("nvcr.io/nvidia/tensorflow:25.03-tf2-py3", "the last image of NVIDIA's TensorFlow 2 is 25.02"),
        ("nvcr.io/nvidia/tensorflow:23.04-tf1-py3", "the last image of NVIDIA's TensorFlow 1 is 23.03"),
        ("nvcr.io/nvidia/tensorflow:23.02-py3", "'py3' is not known; write it as tensorflow:23.02-tf2-py3"),
        ("nvcr.io/nvidia/tensorflow:19.07-py3", "which TensorFlow it has is not known; it is of 18.08 and 18.12"),
        ("nvcr.io/nvidia/tensorflow:21.01-tf2-py3", "nothing is known of a TensorFlow image 21.01; near it are 20.12"),
        ("nvcr.io/nvidia/tensorflow", "'' names no month"),
        ("nvcr.io/nvidia/tensorrt:8.6.1", "'8.6.1' names no month"),
        ("nvcr.io/nvidia/tensorrt:23.05-py3-igpu", "what -py3-igpu holds is not known"),
        ("tensorrt:21.01", "nothing is known of a TensorRT image 21.01"),
        ("tensorrt:23.05,os=linux-x86_64", "'os=linux-x86_64' is not understood"),
        ("tensorflow/serving@sha256:0123", "which release a digest pins is not known; write its tag before the @"),
        ("tensorflow/serving:²", "'²' is no version"),
        ("tensorflow/serving:" + "9" * 5000, "is no version"),
        ("xtensorflow/serving:2.17.1", "is not known; targets are tensorflow/serving:VERSION[-gpu]"),
        ("acme/tensorflow-serving:2.17.1", "is not known"),
        ("acme/tensorrt:8.6.1", "is not known"),
        ("", "target '' is not known"),
    ],
)
def test_refused(text: str, why: str) -> None:
    with pytest.raises(TargetError) as refused:
        parse(text)
    assert str(refused.value).startswith(f"target {text!r}")
    assert why in str(refused.value)


def test_a_release_beside_its_digest() -> None:
    assert server("tensorflow/serving:2.17.1-gpu@sha256:0123").version == (2, 17, 1)
    assert server("localhost:5000/tensorflow/serving:2.17.1").version == (2, 17, 1)
    assert server("tensorflow/serving").version == max(IMAGES)
    assert server("tensorflow/serving:2.8.0-mkl").version == (2, 8, 0)


@pytest.mark.parametrize(
    ("reference", "repository", "tag", "family"),
    [
        ("tensorflow/serving", "tensorflow/serving", None, "tensorflow/serving"),
        ("r:5000/a/tensorflow/serving:1@sha256:0", "r:5000/a/tensorflow/serving", "1", "tensorflow/serving"),
        ("r:5000/tritonserver", "r:5000/tritonserver", None, "tritonserver"),
        ("tritonserver@sha256:0", "tritonserver", None, "tritonserver"),
        ("nginx:1", "nginx", "1", None),
        ("tensorflow/tensorflow:2.14.0-gpu", "tensorflow/tensorflow", "2.14.0-gpu", None),
        ("a/b/tensorrt:1", "a/b/tensorrt", "1", None),
    ],
)
def test_parts_of_a_reference(reference: str, repository: str, tag: str | None, family: str | None) -> None:
    assert (repository_of(reference), tag_of(reference), family_of(reference)) == (repository, tag, family)


WORDS = st.sampled_from(
    "tensorflow/serving tritonserver tensorrtserver sagemaker-tritonserver nvidia/tensorflow nvidia/tensorrt tensorrt"
    " tensorflow-inference tensorflow-inference-eia bitnami/tensorflow-serving emacski/tensorflow-serving"
    " intel-optimized-tensorflow-serving tfserving-proxy prediction/tf2-gpu.2-15 prediction/tf_opt-cpu. : : @ , - . /"
    " 24.05 2.16 -py3 -gpu ,gpu=sm_80 ,gpu= ,tensorflow=2 -tf2-py3 latest 20.03.1 ² \x00".split(" ")
)


@given(st.one_of(st.lists(WORDS, max_size=7).map("".join), st.text(max_size=40)))
@example("tritonserver:24.05.")
@example("tritonserver:99.12.99999")
@example("tensorflow-inference:.-gpu")
def test_any_text(text: str) -> None:
    """A target, or the one error, for whatever stands there."""
    from pytest_trt.serving.server_images import server_of

    try:
        assert parse(text).name == text
    except TargetError as error:
        assert text[:20] in str(error) or repr(text)[1:20] in str(error)
    image = server_of(text)
    if image is not None:
        assert (image.target is None) == bool(image.why) or image.server == "triton"


def test_what_is_not_known_of_a_server_is_said() -> None:
    report = check([EXAMPLES / "conv_trt_built"], targets=[f"{ECR}tensorflow-inference:2.16-gpu"])
    (finding,) = report.findings
    assert (finding.code, finding.severity) == ("TRT904", "warning")
    assert "whether AWS built the server of its GPU images with TensorRT is not known" in finding.message
    assert report.cases[0].verdicts[0].load == "unknown"
    (case,) = check([EXAMPLES / "conv_trt_unbuilt"], targets=["prediction/tf2-gpu.2-15:latest"]).cases
    assert case.verdicts[0].signatures == {"serving_default": "unknown"}
    (case,) = check([EXAMPLES / "conv_trt_unbuilt"], targets=[f"{ECR}tensorflow-inference:2.19-gpu"]).cases
    assert [reason.code for reason in case.verdicts[0].reasons] == ["TRT102"]

"""Targets of the configuration that are based on images other than tensorflow/serving."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_trt.lint import check
from pytest_trt.lint.config import ConfigError, load
from pytest_trt.serving.target import Target
from pytest_trt.serving.triton import Triton

BUILT = Path(__file__).parents[2] / "examples" / "conv_trt_built"  # its engine: TensorRT 8.5.3.1


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "trt-lint.toml"


def test_triton(configured: Path) -> None:
    configured.write_text(
        'target = ["prod"]\n[targets.prod]\nimage = "nvcr.io/nvidia/tritonserver:24.01-py3"\ngpu = "sm_90"\n'
        'tensorrt = "8.5.3.1"\nextra-ops = ["MyOp"]\n'
    )
    (target,) = load().chosen()
    assert isinstance(target, Triton)
    assert target.tensorflow is not None and target.runtime is not None
    assert target.name == target.tensorflow.name == target.runtime.name == "prod"
    assert target.source == target.tensorflow.source == "trt-lint.toml: targets.prod"
    assert (target.capability, target.runtime.version_text, target.tensorflow.tensorrt) == ("9.0", "8.5.3.1", "8.5.3.1")
    assert target.tensorflow.kernels("MyOp") == "+"
    (case,) = check([BUILT], targets=[target]).cases
    assert (case.verdicts[0].target.name, case.verdicts[0].load) == ("prod", "ok")


def test_what_is_not_known_can_be_said(configured: Path) -> None:
    """SageMaker's image with the ops that somebody knows it to have; Triton with TensorFlow 2."""
    configured.write_text(
        '[targets.a]\nimage = "tensorflow-inference:2.16-gpu"\nextra-ops = ["TRTEngineOp"]\ntensorrt = "8.6.1.6"\n'
        '[targets.b]\nimage = "tritonserver:22.05-py3,tensorflow=2"\n'
        '[targets.c]\nimage = "tritonserver:24.08-py3"\nextra-ops = ["TRTEngineOp"]\n'
        '[targets.d]\nimage = "nvcr.io/nvidia/tensorflow:24.05-tf2-py3"\ntensorrt = "10.0.1.6"\n'
    )
    targets = load().targets
    aws, triton, new, ngc = (targets[name] for name in "abcd")
    assert (
        isinstance(aws, Target) and isinstance(triton, Triton) and isinstance(new, Triton) and isinstance(ngc, Target)
    )
    assert (aws.tensorrt_ops, aws.tensorrt) == (True, "8.6.1.6")
    assert triton.tensorflow is not None and triton.tensorflow.version == (2, 8, 0)
    assert new.tensorflow is not None and new.tensorflow.tensorrt_ops
    assert (ngc.tensorrt, ngc.tensorrt_version) == ("10.0.1.6", None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('image = "tritonserver:21.01-py3"', "targets.p.image: target 'tritonserver:21.01-py3': nothing is known of a"),
        ('image = "tritonserver"', "targets.p.image: target 'tritonserver': Triton has no tag"),
        ('image = "tritonserver:22.05,tensorflow=3"', "targets.p.image: target 'tritonserver:22.05,tensorflow=3'"),
        ('image = "tritonserver:22.05,gpu=sm_80"', "targets.p.image: must name the image"),
        ('image = "tritonserver:22.05"\ngpu = "A100"', "trt-lint.toml:3: targets.p.gpu: "),
        ('image = "sagemaker-tritonserver:23.02-py3-cpu"\ngpu = "sm_80"', "targets.p.gpu: "),
        ('image = "nvcr.io/nvidia/tensorrt:23.05-py3"', 'write runtime = "nvcr.io/nvidia/tensorrt:23.05-py3"'),
        ('image = "tritonserver:22.05"\ntensorrt = "8..6"', "targets.p.tensorrt: must be a version in quotes"),
        ('image = "tritonserver:22.05"\ntensorrt = "8.²"', "targets.p.tensorrt: must be a version in quotes"),
        ('image = "bitnami/tensorflow-serving:2.19.0"\ntensorrt = "8.6"', "has no TensorRT ops, whatever"),
    ],
)
def test_refused(configured: Path, text: str, why: str) -> None:
    configured.write_text(f"[targets.p]\n{text}\n")
    with pytest.raises(ConfigError) as refused:
        load()
    assert why in str(refused.value)


def test_a_container_as_runtime(configured: Path) -> None:
    configured.write_text('[targets.p]\nruntime = "nvcr.io/nvidia/tensorrt:23.05-py3"\ngpu = "sm_90"\n')
    target = load().targets["p"]
    assert getattr(target, "version_text", None) == "8.6.1.6"
    assert (target.name, target.capability) == ("p", "9.0")

"""TRT410 words TF-TRT inside Triton, and fires on what its TensorFlow backend refuses."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt410_tf_trt_inside_triton import tf_trt_inside_triton


def test_example(example: Any) -> None:
    finding = example(tf_trt_inside_triton, "file", kind="precision", value="INT8")
    assert finding.severity == ""


@pytest.mark.parametrize(
    ("kind", "words"),
    [("parameter", "knows no parameter x of TF-TRT"), ("accelerator", "knows no accelerator x"),
     ("mixed", "auto_mixed_precision together"), ("cpu", "no accelerators for a CPU"), ("gone", "no TensorFlow"),
     ("before", "this image is older"), ("cpu-instance", "instances are on a CPU"), ("new", "does not take these")],
)  # fmt: skip
def test_kinds(says: Any, kind: str, words: str) -> None:
    assert words in says(tf_trt_inside_triton, "file", kind=kind, value="x").message


def test_what_is_only_ignored_is_a_warning(says: Any) -> None:
    finding = says(tf_trt_inside_triton, "file", kind="cpu-instance", image="tritonserver:24.05-py3")
    assert finding.severity == "warning" and "tritonserver:24.05-py3 will ignore this block" in finding.message


CONFIG = """
platform: "tensorflow_savedmodel"
optimization {{ execution_accelerators {{
  gpu_execution_accelerator : [ {{
    name : "tensorrt"
    parameters {{ key: "precision_mode" value: "{precision}" }}
  }} ]
}} }}
"""
MODEL = {"repository/m/1/model.savedmodel": "../examples/conv/1"}


def test_fires(deploys: Any, repository: Any) -> None:
    root = repository({"repository/m/config.pbtxt": CONFIG.format(precision="INT8")}, MODEL)
    (finding,) = deploys(tf_trt_inside_triton, root)
    assert finding.quote == "unsupported precision mode 'INT8' is requested"
    assert finding.at.trail == (("line", "5"),)


def test_an_image_without_the_backend(deploys: Any, repository: Any) -> None:
    files = {
        "repository/m/config.pbtxt": CONFIG.format(precision="FP16"),
        "run.sh": 'docker run --gpus all -v "$PWD/repository:/m" nvcr.io/nvidia/tritonserver:25.03-py3'
        " tritonserver --model-repository=/m",
    }
    (finding,) = deploys(tf_trt_inside_triton, repository(files, MODEL))
    assert finding.at.path.endswith("config.pbtxt")
    assert "25.02 is the last image with one" in finding.message
    assert finding.also[-1][0].path.endswith("run.sh")


def test_silent(deploys: Any, repository: Any) -> None:
    root = repository({"repository/m/config.pbtxt": CONFIG.format(precision="FP16")}, MODEL)
    assert deploys(tf_trt_inside_triton, root) == []

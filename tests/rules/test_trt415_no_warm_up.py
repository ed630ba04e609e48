"""TRT415 words engines that are built in the first request of a deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_trt_rules.trt415_no_warm_up import no_warm_up

UNBUILT = {"models/m/1": "data/oracle/tftrt_2.14.1_fp16_nobuild"}
RUN = 'docker run --gpus all -e MODEL_NAME=m -v "$PWD/models/m:/models/m" tensorflow/serving:2.17.1-gpu {flags}'


def test_example(example: Any) -> None:
    facts = {"image": "tensorflow/serving:2.17.1-gpu", "artifact": "models/resnet/1", "server": "tensorflow-serving"}
    assert "tf_serving_warmup_requests" in example(no_warm_up, "file", **facts).hint


def test_triton(says: Any) -> None:
    assert "`model_warmup`" in says(no_warm_up, "file", server="triton").hint


def test_switched_off(says: Any) -> None:
    finding = says(no_warm_up, "file", server="tensorflow-serving", off="yes")
    assert "are switched off" in finding.message and "--enable_model_warmup=false" in finding.hint


def test_fires(deploys: Any, repository: Any) -> None:
    (finding,) = deploys(no_warm_up, repository({"run.sh": RUN.format(flags="")}, UNBUILT))
    assert finding.severity == "warning" and finding.at.path.endswith("run.sh")


def test_fires_on_tf_trt_inside_triton(deploys: Any, repository: Any) -> None:
    text = """
        platform: "tensorflow_savedmodel"
        optimization { execution_accelerators { gpu_execution_accelerator: [ { name: "tensorrt" } ] } }
    """
    model = {"repository/m/1/model.savedmodel": "../examples/conv/1"}
    (finding,) = deploys(no_warm_up, repository({"repository/m/config.pbtxt": text}, model))
    assert "`model_warmup`" in finding.hint


def test_silent_where_triton_refuses_the_accelerator(deploys: Any, repository: Any) -> None:
    """The model does not load (TRT410), so nothing is built in a request."""
    text = """
        platform: "tensorflow_savedmodel"
        optimization { execution_accelerators { gpu_execution_accelerator: [
          { name: "tensorrt" parameters { key: "precision_mode" value: "INT8" } } ] } }
    """
    model = {"repository/m/1/model.savedmodel": "../examples/conv/1"}
    assert deploys(no_warm_up, repository({"repository/m/config.pbtxt": text}, model)) == []


def test_silent_with_warm_up_requests(deploys: Any, repository: Any) -> None:
    root: Path = repository({"run.sh": RUN.format(flags="")}, UNBUILT)
    extra = root / "models" / "m" / "1" / "assets.extra"
    extra.mkdir()
    (extra / "tf_serving_warmup_requests").write_bytes(b"")
    assert deploys(no_warm_up, root) == []
    (root / "run.sh").write_text(RUN.format(flags="--enable_model_warmup=false"))
    (finding,) = deploys(no_warm_up, root)
    assert "are switched off" in finding.message

"""TRT303 names the device, and offers the GPU image for GPUs only."""

from __future__ import annotations

from typing import Any

from pytest_trt_rules.trt303_device_not_there import device_not_there


def test_example(example: Any) -> None:
    finding = example(device_not_there, "load", device="/device:GPU:0", node="add", flavour="CPU")
    assert "clear_devices=True" in finding.hint and "-gpu image" in finding.hint


def test_other_device(says: Any) -> None:
    assert "-gpu image" not in says(device_not_there, "load", device="/job:worker", node="add", flavour="CPU").hint


def test_gpu_image_without_the_device(says: Any) -> None:
    finding = says(device_not_there, "load", device="/device:GPU:7", node="add", flavour="GPU")
    assert "CPU image" not in finding.message and "-gpu image" not in finding.hint


def test_fires(fires: Any, sample: Any) -> None:
    (finding,) = fires(device_not_there, sample("oracle/c36_v1_device_gpu_pinned"), "tensorflow/serving:2.20.0")
    assert "explicitly assigned to /device:GPU:0" in finding.quote


def test_no_device_name(fires: Any, product: Any) -> None:
    (finding,) = fires(device_not_there, product("main.path.device.nonsense"), "tensorflow/serving:2.20.0")
    assert "'gpu0', which is no device's name." in finding.message and "-gpu image" not in finding.hint


def test_silent_on_a_gpu(silent: Any, sample: Any) -> None:
    silent(device_not_there, sample("oracle/c36_v1_device_gpu_pinned"), "tensorflow/serving:2.20.0-gpu")


def test_second_gpu(says: Any) -> None:
    facts = {"device": "/device:GPU:1", "node": "add", "flavour": "GPU", "certain": "no"}
    message = says(device_not_there, "load", **facts).message
    assert message.startswith("The server may refuse") and "may have no such device" in message

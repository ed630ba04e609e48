"""TRT403 words tags that float."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt403_floating_tag import floating_tag


def test_example(example: Any) -> None:
    facts = {"image": "tensorflow/serving:latest-gpu", "tag": "latest-gpu", "server": "tensorflow-serving"}
    assert "`tensorflow/serving:2.17.1-gpu`" in example(floating_tag, "file", **facts).hint


def test_no_tag(says: Any) -> None:
    message = says(floating_tag, "file", image="tensorflow/serving", tag="", server="tensorflow-serving").message
    assert "without a tag it means latest, which is resolved" in message


def test_triton(says: Any) -> None:
    hint = says(floating_tag, "file", image="tritonserver", tag="", server="triton").hint
    assert "Write the whole month" in hint and "24.05-py3" in hint


@pytest.mark.parametrize("image", ["tensorflow/serving", "tensorflow/serving:latest", "tensorflow/serving:2.19"])
def test_fires(deploys: Any, repository: Any, image: str) -> None:
    root = repository(
        {"Dockerfile": f"FROM {image}\nCOPY models/m /models/model"}, {"models/m/1": "../examples/conv/1"}
    )
    (finding,) = deploys(floating_tag, root)
    assert finding.severity == "warning" and finding.at.trail == (("line", "1"),)


def test_silent_for_a_whole_version(deploys: Any, repository: Any) -> None:
    root = repository({"Dockerfile": "FROM tensorflow/serving:2.17.1-gpu\nCOPY models/m /models/model"})
    assert deploys(floating_tag, root) == []

"""TRT407 words base paths in which the server sees no version."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt407_base_path_without_versions import base_path_without_versions


def test_example(example: Any) -> None:
    finding = example(
        base_path_without_versions, "file", path="models/resnet", model="resnet", found="saved_model.pb, variables"
    )
    assert "`models/resnet/1`" in finding.hint


def test_empty(says: Any) -> None:
    assert says(base_path_without_versions, "file", path="m", found="").message.endswith(
        "are numbers, and it is empty."
    )


def test_a_file(says: Any) -> None:
    assert "m is a file" in says(base_path_without_versions, "file", path="m", file="yes").message


def test_a_policy_that_asks_for_more(says: Any) -> None:
    message = says(base_path_without_versions, "file", path="m", wanted="3, 4", found="1", model="n").message
    assert message == "The server will not find version 3, 4 of model 'n' in m: there is only: 1."


RUN = 'docker run -e MODEL_NAME=m -v "$PWD/models/m:/models/m" tensorflow/serving:2.20.0'


def test_fires(deploys: Any, repository: Any) -> None:
    (finding,) = deploys(base_path_without_versions, repository({"run.sh": RUN}, {"models/m": "../examples/conv/1"}))
    assert "there is only: fingerprint.pb, saved_model.pb, variables" in finding.message
    assert "Did you forget to name your leaf directory as a number" in finding.quote
    assert finding.also[0][0].path.endswith("models/m/saved_model.pb")


def test_a_folder_kept_for_later(deploys: Any, repository: Any) -> None:
    assert deploys(base_path_without_versions, repository({"run.sh": RUN, "models/m/.gitkeep": ""})) == []


def test_silent_with_a_version(deploys: Any, repository: Any) -> None:
    assert (
        deploys(base_path_without_versions, repository({"run.sh": RUN}, {"models/m/007": "../examples/conv/1"})) == []
    )


TRITON = 'docker run -v "$PWD/{}:/m" nvcr.io/nvidia/tritonserver:24.05-py3 tritonserver --model-repository=/m'


@pytest.mark.parametrize(
    ("mounted", "words"),
    [
        ("all/repository/net", "is a folder inside of one (there is: 1, config.pbtxt)."),
        ("all/repository/net/1", "is a folder inside of one (there is: model.plan)."),
        ("all", "the models are one folder deeper, in all/repository."),
        ("all/repository", None),
        ("empty", None),
    ],
)
def test_a_model_repository_that_is_none(
    deploys: Any, repository: Any, mounted: str, words: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "run.sh": TRITON.format(mounted),
        "all/repository/net/config.pbtxt": 'platform: "tensorrt_plan"',
        "empty/readme": "",
    }
    root = repository(files, {"all/repository/net/1/model.plan": "data/plans/fp32.plan"})
    monkeypatch.chdir(root)
    found = deploys(base_path_without_versions, ".")
    assert len(found) == (words is not None)
    assert all(words in finding.message and "REPOSITORY/MODEL/1" in finding.hint for finding in found)

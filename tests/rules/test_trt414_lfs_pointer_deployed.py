"""TRT414 words git-LFS pointers on their way to a server."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt414_lfs_pointer_deployed import lfs_pointer_deployed

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12345\n"
RUN = 'docker run -e MODEL_NAME=m -v "$PWD/models/m:/models/m" tensorflow/serving:2.20.0'


def test_example(example: Any) -> None:
    example(lfs_pointer_deployed, "file", image="tensorflow/serving:2.17.1-gpu", path="models/resnet/1/saved_model.pb")


@pytest.mark.parametrize("file", ["saved_model.pb", "variables/variables.data-00000-of-00001"])
def test_fires(deploys: Any, repository: Any, file: str) -> None:
    root = repository({"run.sh": RUN}, {"models/m/1": "../examples/conv/1"})
    (root / "models" / "m" / "1" / file).write_text(POINTER)
    (finding,) = deploys(lfs_pointer_deployed, root)
    assert f"models/m/1/{file}, and that is a git-LFS pointer" in finding.message


def test_a_plan(deploys: Any, repository: Any) -> None:
    root = repository({"run.sh": RUN, "models/m/1/model.plan": POINTER})
    (finding,) = deploys(lfs_pointer_deployed, root)
    assert "model.plan, and that is" in finding.message


def test_silent_for_the_file_itself(deploys: Any, repository: Any) -> None:
    assert deploys(lfs_pointer_deployed, repository({"run.sh": RUN}, {"models/m/1": "../examples/conv/1"})) == []

"""TRT406 words what is deployed and not there."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_trt_rules.trt406_base_path_missing import base_path_missing


def test_example(example: Any) -> None:
    example(base_path_missing, "file", path="models/resnet", inside="/models/resnet", model="resnet")


def test_without_the_servers_path(says: Any) -> None:
    message = says(base_path_missing, "file", path="models/resnet").message
    assert message == "Nothing lies at models/resnet, so the server will not find a model."


RUN = 'docker run -e MODEL_NAME=m -v "{path}:/models/m" tensorflow/serving:2.20.0'


def test_fires(deploys: Any, repository: Any) -> None:
    (finding,) = deploys(base_path_missing, repository({"run.sh": RUN.format(path="$PWD/models/m")}))
    assert finding.at.trail == (("line", "1"),)
    assert finding.quote == "Could not find base path /models/m for servable m"
    assert "models/m, so the server will not find model 'm' at /models/m." in finding.message


@pytest.mark.parametrize("path", ["/srv/models/m", "$MODELS/m", "named-volume"])
def test_silent_where_somebody_else_fills_it(deploys: Any, repository: Any, path: str) -> None:
    assert deploys(base_path_missing, repository({"run.sh": RUN.format(path=path)})) == []

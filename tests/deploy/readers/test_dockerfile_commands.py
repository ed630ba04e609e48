"""Dockerfiles as people write them: what their images serve, in small repositories made for each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pytest_trt.deploy.edge import Edge, Remark
from pytest_trt.deploy.files import read_all
from pytest_trt.deploy.tree import Tree

IMAGE = "tensorflow/serving:2.17.0"
RESNET = f"{IMAGE} resnet models/resnet"
SERVED = "COPY models/resnet /models/resnet\nENV MODEL_NAME=resnet\n"
SERVER = "tensorflow_model_server --model_name=resnet --model_base_path=/models/resnet"
CONFIG = 'config { name: "resnet" base_path: "/models/resnet" model_platform: "tensorflow" }'


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir(".git")
    os.makedirs("models/resnet/1")
    Path("models/resnet/1/saved_model.pb").write_text("x")


def read(dockerfile: str, name: str = "Dockerfile") -> tuple[list[Edge], list[Remark]]:
    Path(name).write_text(dockerfile, encoding="utf-8")
    _, edges, remarks = read_all([name], Tree(["."]))
    return edges, remarks


def drawn(dockerfile: str) -> list[str]:
    tree = Tree(["."])
    return [
        f"{edge.server.image.text or '-'} {edge.model or '-'} {tree.first(edge.paths) or edge.uri or '-'}"
        for edge in read(dockerfile)[0]
    ]


@pytest.mark.parametrize(
    "run",
    [
        "RUN echo '#!/bin/bash \\n\\n\\\n"
        + SERVER
        + ' "$@"'
        + "' > /usr/bin/tf_serving_entrypoint.sh \\\n && chmod +x /x",
        f"RUN printf '#!/bin/sh\\nexec {SERVER}\\n' > /usr/bin/tf_serving_entrypoint.sh",
        f"RUN cat <<'EOF' > /usr/bin/tf_serving_entrypoint.sh\n#!/bin/bash\n{SERVER}\nEOF",
        f"WORKDIR /usr/bin\nARG E=tf_serving_entrypoint.sh\nRUN echo '#!/bin/sh' > $E && echo '{SERVER}' >> $E",
    ],
)
def test_an_entrypoint_that_is_written_when_the_image_is_built(run: str) -> None:
    """As the server's own Dockerfile writes it (tools/docker/Dockerfile), with other words in it."""
    assert drawn(f"FROM {IMAGE}\nCOPY models /models\n{run}\n") == [RESNET]


@pytest.mark.parametrize(
    "run",
    [
        f"RUN echo 'model_config_list {{ {CONFIG} }}' > /m.config",
        f"RUN echo 'model_config_list {{' > /m.config\nRUN echo '{CONFIG}' >> /m.config && echo '}}' >> /m.config",
        f"RUN cat > /m.config <<EOF\nmodel_config_list {{ {CONFIG} }}\nEOF",
    ],
)
def test_a_config_that_is_written_when_the_image_is_built(run: str) -> None:
    assert drawn(f'FROM {IMAGE}\nCOPY models /models\n{run}\nCMD ["--model_config_file=/m.config"]\n') == [RESNET]


@pytest.mark.parametrize("run", ["python3 make.py > /m.config", "echo 'model_config_list {' >> /m.config"])
def test_a_config_that_is_known_only_when_the_image_is_built(run: str) -> None:
    edges, remarks = read(f'FROM {IMAGE}\nRUN {run}\nCMD ["--model_config_file=/m.config"]\n')
    assert [edge.paths for edge in edges] == [()] and "is written when the image is built" in edges[0].unknown
    assert {each.code for each in remarks} == {"TRT418"}


def test_a_heredoc_is_a_script_or_what_a_command_reads() -> None:
    assert drawn(f"FROM {IMAGE}\nCOPY models /m\nRUN <<EOF\nmv /m/resnet /models/\nEOF\nENV MODEL_NAME=resnet\n") == [
        RESNET
    ]
    text = f"FROM {IMAGE}\n{SERVED}RUN python3 - <<EOF\nmv /models/resnet /elsewhere\nEOF\n"
    assert drawn(text) == [RESNET]


def test_an_argument_without_a_default_has_that_of_its_place() -> None:
    assert drawn("ARG TAG\nFROM tensorflow/serving:${TAG:-2.17.0}\n" + SERVED) == [RESNET]
    assert drawn(
        f"FROM {IMAGE}\nARG N\nENV MODEL_NAME=${{N:-resnet}}\nCOPY models/${{N:-resnet}} /models/resnet\n"
    ) == [RESNET]
    assert drawn("ARG TAG\nFROM tensorflow/serving:$TAG\n" + SERVED) == ["- resnet models/resnet"]


def test_what_a_template_fills_in_is_not_known() -> None:
    edges, _ = read("FROM tensorflow/serving:{{ version }}\nCOPY {{model}} /models/resnet\nENV MODEL_NAME=resnet\n")
    assert [(edge.server.family, edge.server.image.text, edge.paths) for edge in edges] == [
        ("tensorflow-serving", None, ())
    ]


@pytest.mark.parametrize("ignored", ["/models/\n!models/resnet/**\n", "models\n!models/resnet/1/saved_model.pb\n"])
def test_what_is_kept_below_an_ignored_folder(ignored: str) -> None:
    Path(".dockerignore").write_text(ignored)
    assert drawn(f"FROM {IMAGE}\n{SERVED}") == [RESNET]


def test_a_repository_that_is_cloned() -> None:
    edges, _ = read(f"FROM {IMAGE}\nADD https://github.com/x/y.git#main /models\nENV MODEL_NAME=resnet\n")
    assert "is cloned to /models" in edges[0].unknown


def test_a_file_that_grows_with_every_line() -> None:
    text = "RUN echo 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' >> /m.config\n" * 3_000
    text = f"FROM {IMAGE}\nRUN echo > /m.config\n{text}" + 'CMD ["--model_config_file=/m.config"]\n'
    assert all(edge.unknown for edge in read(text)[0])

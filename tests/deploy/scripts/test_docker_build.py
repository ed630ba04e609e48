"""Images that scripts build, tag and commit, and what runs of them serve."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from repositories import drawn, read, write

IMAGE = "tensorflow/serving:2.17.0"
RESNET = f"{IMAGE} resnet models/resnet"
SERVED = "COPY models/resnet /models/resnet\nENV MODEL_NAME=resnet\n"
BY_ARGUMENT = "ARG TAG=2.5.1\nFROM tensorflow/serving:$TAG\n" + SERVED
PLAIN = f"FROM {IMAGE}\n{SERVED}"


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir(".git")
    write("models/resnet/1/saved_model.pb", "x")


@pytest.mark.parametrize(
    "text",
    [
        "docker build -t x --build-arg TAG=2.17.0 .\ndocker run x\n",
        "T=${1:-2.17.0}\ndocker build --build-arg=TAG=$T -t x . && docker run x\n",
        "export TAG=2.17.0\ndocker buildx build --load --build-arg TAG -t x .\ndocker run x:latest\n",
        "docker build --build-arg TAG=2.17.0 -t x .\n",
    ],
)
def test_arguments_of_a_build(text: str) -> None:
    assert drawn({"b.sh": text, "Dockerfile": BY_ARGUMENT}) == [RESNET]


def test_an_argument_that_is_not_known_is_not_the_default() -> None:
    files = {"b.sh": "docker build --build-arg TAG=$T -t x .\ndocker run x\n", "Dockerfile": BY_ARGUMENT}
    assert drawn(files) == ["- resnet models/resnet"]


def test_an_argument_behind_from() -> None:
    dockerfile = f"FROM {IMAGE}\nARG M\nENV MODEL_NAME=$M\nCOPY models/$M /models/$M\n"
    assert drawn({"b.sh": "docker build --build-arg M=resnet -t x .\ndocker run x\n", "Dockerfile": dockerfile}) == [
        RESNET
    ]


def test_one_dockerfile_built_twice() -> None:
    text = "for t in 2.16.1 2.17.0; do docker build --build-arg TAG=$t -t x:$t .; done\ndocker run x:2.16.1\n"
    text += "docker run --gpus all x:2.17.0\n"
    assert drawn({"b.sh": text, "Dockerfile": BY_ARGUMENT}) == [
        "tensorflow/serving:2.16.1 resnet models/resnet",
        RESNET + " gpu",
    ]


def test_the_context_that_a_build_names() -> None:
    files = {"docker/Dockerfile": f"FROM {IMAGE}\nCOPY resnet /models/resnet\nENV MODEL_NAME=resnet\n"}
    files |= {"docker/resnet/readme.txt": "", "b.sh": "docker build -t x -f docker/Dockerfile models\ndocker run x\n"}
    assert drawn(files) == [RESNET]


def test_a_script_that_is_called_from_the_repository() -> None:
    """Its relative paths start there, and not in the script's folder, which exists as well."""
    files = {"scripts/b.sh": "docker build -t x -f docker/Dockerfile .\ndocker run x\n", "docker/Dockerfile": PLAIN}
    assert drawn(files) == [RESNET]


def test_a_stage_that_a_build_names_is_the_image() -> None:
    dockerfile = f"FROM {IMAGE} AS cpu\n{SERVED}FROM {IMAGE}-gpu AS gpu\n{SERVED}"
    text = "docker build --target cpu -t x .\ndocker build --target gpu -t y .\ndocker run x\ndocker run --gpus all y\n"
    assert drawn({"b.sh": text, "Dockerfile": dockerfile}) == [RESNET, f"{IMAGE}-gpu resnet models/resnet gpu"]


@pytest.mark.parametrize("words", ["-t x -", "-t x -f - ."])
def test_a_dockerfile_that_is_given_in_the_script(words: str) -> None:
    text = (
        f"docker build {words} <<EOF\nFROM {IMAGE}\nENV MODEL_NAME=resnet\nEOF\ndocker run -v $PWD/models:/models x\n"
    )
    assert drawn({"b.sh": text}) == [RESNET]


def test_a_given_dockerfile_has_the_lines_of_the_script() -> None:
    text = "docker build -t x -f - . <<EOF\nFROM tensorflow/serving\nENV MODEL_NAME=resnet\nCOPY models /models\nEOF\n"
    text += "docker run x\n"
    edges, remarks = read({"b.sh": text})
    assert [(edge.at.path, edge.at.line) for edge in edges] == [("b.sh", 4)]
    assert [(each.code, each.at.line) for each in remarks] == [("TRT403", 2)]


@pytest.mark.parametrize(
    "text",
    [
        "docker build -t a .\ndocker tag a r.io/b:1\ndocker run --gpus all r.io/b:1\n",
        "docker build -t a .\ndocker image tag a:latest r.io/b:1\ndocker run --gpus all r.io/b:1\n",
        "docker build -t a:$SHA .\ndocker tag a:$SHA r.io/b:$SHA\ndocker run --gpus all r.io/b:$SHA\n",
        "docker build -t a:$(git rev-parse HEAD) .\ndocker run --gpus all a:$(git rev-parse HEAD)\n",
    ],
)
def test_another_name_for_an_image(text: str) -> None:
    assert drawn({"b.sh": text, "Dockerfile": PLAIN}) == [RESNET + " gpu"]


def test_another_name_for_an_image_of_the_server() -> None:
    text = f"docker tag {IMAGE} tfs\ndocker run -v $PWD/models:/models -e MODEL_NAME=resnet tfs\n"
    edges, _ = read({"b.sh": text})
    assert [edge.server.image.text for edge in edges] == [IMAGE]
    assert "tfs is another name of the image" in [why for _, why in edges[0].why]


def test_a_name_that_nobody_runs_deploys_nothing() -> None:
    assert read({"b.sh": f"docker pull {IMAGE}\ndocker tag {IMAGE} r.io/tfs:1\ndocker push r.io/tfs:1\n"}) == ([], [])


def test_names_that_go_round() -> None:
    text = "docker tag a b\ndocker tag b a\ndocker run -v $PWD/models:/models -e MODEL_NAME=resnet a\n"
    _, remarks = read({"b.sh": text})
    assert any("built from itself" in each.facts["why"] for each in remarks)


def test_a_tag_joins_files() -> None:
    files = {"b.sh": "docker build -t a .\ndocker tag a r.io/a:1\n", "Dockerfile": PLAIN}
    assert drawn(files | {"compose.yaml": "services:\n  a:\n    image: r.io/a:1\n    runtime: nvidia\n"}) == [
        RESNET + " gpu"
    ]


def test_a_container_that_is_copied_into() -> None:
    text = f"docker create --name s -e MODEL_NAME=resnet {IMAGE}\ndocker cp models/resnet s:/models\ndocker start s\n"
    assert drawn({"b.sh": text}) == [RESNET]
    assert drawn({"b.sh": text.replace("s:/models", "s:/models/resnet")}) == [RESNET]
    assert drawn({"b.sh": text.replace("models/resnet s:", "models/. s:")}) == [RESNET]


@pytest.mark.parametrize("change", ["ENV MODEL_NAME resnet", "ENV MODEL_NAME=resnet"])
def test_a_container_that_becomes_an_image(change: str) -> None:
    """As TensorFlow Serving's own guide has it (g3doc/docker.md)."""
    text = f"docker run -d --name base {IMAGE}\ndocker cp models/resnet base:/models/resnet\n"
    text += f'docker commit --change "{change}" base mine\ndocker kill base\ndocker run --gpus all mine\n'
    assert drawn({"b.sh": text}) == [RESNET + " gpu"]


@pytest.mark.parametrize("stage", ["", "--target nobody "])
def test_builds_are_followed_within_bounds(stage: str) -> None:
    text = f"docker build {stage}--build-arg TAG=1 -t x .\n" * 8_000 + "docker run x\n"
    start = time.process_time()
    _, remarks = read({"b.sh": text, "Dockerfile": BY_ARGUMENT + "RUN cp /a /b && mkdir /c\n" * 1_000})
    assert time.process_time() - start < 20
    assert sum("builds of Dockerfiles" in each.facts.get("why", "") for each in remarks) == 1

"""Compose files -> containers."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("yaml")

from pytest_trt.deploy import files
from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.join import join
from pytest_trt.deploy.readers import yaml
from pytest_trt.deploy.reading import Container, Mount, Reading
from pytest_trt.deploy.tree import Tree


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()

    def of(text: str, path: str = "docker-compose.yml", **others: str) -> Reading:
        for name, content in {path: text, **others}.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        reading = yaml.read(text, path, Tree(["."]))
        assert reading is not None
        return reading

    return of


def only(reading: Reading) -> Container:
    assert len(reading.containers) == 1
    return reading.containers[0]


def texts(words: list[Said] | None) -> list[str | None] | None:
    return None if words is None else [word.text for word in words]


def shown(mount: Mount) -> tuple[str, str, str | None, tuple[str, ...]]:
    return mount.target, mount.kind, mount.source.text, mount.paths


BASIC = """\
version: "3"
services:
  serving:
    image: tensorflow/serving:${TAG:-2.18.0}-gpu
    command: --model_config_file=/etc/models.config --port 8500
    environment:
      MODEL_NAME: resnet
      PORT: 8501
      TF_CPP_MIN_LOG_LEVEL:
    volumes:
      - ./models/resnet:/models/resnet:ro
      - weights:/weights
      - type: bind
        source: ./configs
        target: /etc
    runtime: nvidia
    working_dir: /srv
volumes:
  weights:
"""


def test_a_service_is_a_container(read) -> None:  # type: ignore[no-untyped-def]
    reading = read(BASIC)
    assert reading.kind == "compose"
    container = only(reading)
    assert container.name == "serving"
    assert container.image.text == "tensorflow/serving:2.18.0-gpu"
    assert container.image.at.line == 4
    assert container.entrypoint is None
    assert texts(container.args) == ["--model_config_file=/etc/models.config", "--port", "8500"]
    assert {name: value.text for name, value in container.env.items()} == {
        "MODEL_NAME": "resnet",
        "PORT": "8501",
        "TF_CPP_MIN_LOG_LEVEL": None,
    }
    assert container.env["TF_CPP_MIN_LOG_LEVEL"].why
    assert [shown(mount)[:3] for mount in container.mounts] == [
        ("/models/resnet", "host", "./models/resnet"),
        ("/weights", "volume", "weights"),
        ("/etc", "host", "./configs"),
    ]
    assert container.mounts[0].paths[0] == "models/resnet"
    assert [mount.at.line for mount in container.mounts] == [11, 12, 14]
    assert (container.gpu, container.gpu_at.line) == (True, 16)  # type: ignore[arg-type]
    assert container.workdir is not None and container.workdir.text == "/srv"


def test_what_the_join_makes_of_it(read, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "models/resnet/1").mkdir(parents=True)
    reading = read(BASIC.replace("    command: --model_config_file=/etc/models.config --port 8500\n", ""))
    edges, _ = join([reading], Tree(["."]))
    assert [(edge.server.image.text, edge.model, edge.paths[0], edge.at.line) for edge in edges] == [
        ("tensorflow/serving:2.18.0-gpu", "resnet", "models/resnet", 10)
    ]


def test_the_env_file_beside_it_is_the_scope(read) -> None:  # type: ignore[no-untyped-def]
    text = "services:\n  s:\n    image: tensorflow/serving:${TAG}\n    volumes: ['${DIR:-./a:b}/m:/models/m']\n"
    container = only(read(text, **{".env": "export TAG='2.19.0' # newest\n"}))
    assert container.image.text == "tensorflow/serving:2.19.0"
    assert shown(container.mounts[0])[:3] == ("/models/m", "host", "./a:b/m")


def test_an_unset_variable_is_unknown_and_keeps_the_target(read) -> None:  # type: ignore[no-untyped-def]
    container = only(read("services:\n  s:\n    image: tensorflow/serving:$TAG\n    volumes: ['$DIR:/models/m']\n"))
    assert container.image.text is None
    assert "TAG" in container.image.why
    assert container.mounts[0].target == "/models/m"
    assert container.mounts[0].source.text is None
    assert "DIR" in container.mounts[0].source.why


def test_environment_files_lie_below_the_environment(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        "services:\n  s:\n    image: tensorflow/serving\n    env_file: [a.env, {path: gone.env, required: false}]\n"
        "    environment: [MODEL_NAME=own, OTHER]\n"
    )
    env = only(read(text, **{"a.env": "MODEL_NAME=file\nX=1\n"})).env
    assert env["MODEL_NAME"].text == "own"
    assert env["X"].text == "1"
    assert env["OTHER"].text is None
    # What is not in the files may set what the image reads.
    assert env["MODEL_BASE_PATH"].text is None
    assert "gone.env" in env["MODEL_BASE_PATH"].why


def test_an_entrypoint_puts_the_images_command_aside(read) -> None:  # type: ignore[no-untyped-def]
    text = "services:\n  s:\n    image: tensorflow/serving\n    entrypoint: sh -c 'tensorflow_model_server $$FLAGS'\n"
    container = only(read(text))
    assert texts(container.entrypoint) == ["sh", "-c", "tensorflow_model_server $FLAGS"]
    assert container.args == []


def test_a_quote_that_is_never_closed_is_unknown(read) -> None:  # type: ignore[no-untyped-def]
    container = only(read('services:\n  s:\n    image: tensorflow/serving\n    command: "a \'b"\n'))
    assert texts(container.args) == [None]


@pytest.mark.parametrize(
    ("lines", "gpu"),
    [
        ("    gpus: all\n", True),
        ("    gpus: 0\n", False),
        ("    runtime: runc\n", None),
        ("    deploy: {resources: {reservations: {devices: [{driver: nvidia, capabilities: [gpu]}]}}}\n", True),
        ("    deploy: {resources: {reservations: {devices: [{count: 0, capabilities: [[gpu]]}]}}}\n", False),
        ("    deploy: {resources: {reservations: {devices: [{capabilities: [tpu]}]}}}\n", None),
        (
            "    deploy: {resources: {reservations: {generic_resources: [{discrete_resource_spec: "
                "{kind: NVIDIA-GPU, value: 1}}]}}}\n",
            True,
        ),
        ("    devices: [nvidia.com/gpu=all]\n", True),
        ("", None),
    ],
)  # fmt: skip
def test_gpus(read, lines: str, gpu: bool | None) -> None:  # type: ignore[no-untyped-def]
    container = only(read("services:\n  s:\n    image: tensorflow/serving\n" + lines))
    assert container.gpu is gpu
    assert (container.gpu_at is None) == (gpu is None)


def test_anchors_of_x_fields(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        "x-serving: &serving\n  image: tensorflow/serving:2.19.0\n  environment: &env {A: a}\n"
        "services:\n  one:\n    <<: *serving\n    environment: {<<: *env, MODEL_NAME: m}\n"
    )
    container = only(read(text))
    assert container.image.text == "tensorflow/serving:2.19.0"
    assert {name: value.text for name, value in container.env.items()} == {"MODEL_NAME": "m", "A": "a"}


def test_extends_here_and_elsewhere(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        "services:\n"
        "  one:\n    extends: {file: base/common.yml, service: base}\n    volumes: ['./own:/models/m']\n"
        "  two:\n    extends: one\n    environment: {MODEL_NAME: n}\n"
        "  three:\n    extends: {file: gone.yml, service: x}\n"
        "  four:\n    extends: four\n"
    )
    base = (
        "services:\n  base:\n    image: tensorflow/serving:2.19.0\n    environment: {MODEL_NAME: m}\n"
        "    volumes: ['./a:/models/m', './b:/models/n']\n"
    )
    one, two, three, four = read(text, **{"base/common.yml": base}).containers
    assert one.image.text == "tensorflow/serving:2.19.0"
    assert one.image.at.path == "base/common.yml"
    assert [(mount.target, mount.paths[0]) for mount in one.mounts] == [("/models/m", "own"), ("/models/n", "base/b")]
    assert two.env["MODEL_NAME"].text == "n"
    assert two.mounts[0].paths[0] == "own"
    assert three.image.text is None and "gone.yml" in three.image.why
    assert four.image.text is None


def test_volumes_of_all_kinds(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        "services:\n  s:\n    image: tritonserver\n    volumes:\n"
        "      - /srv/models:/a\n      - ~/models:/b\n      - 'C:\\models:/c'\n      - /d\n      - bound:/e\n"
        "      - shared:/f\n      - {type: tmpfs, target: /g}\n      - {type: volume, source: bound, target: /h}\n"
        "      - $PWD/here:/i\n"
        "volumes:\n  bound: {driver_opts: {type: none, o: bind, device: ./models}}\n"
        "  shared: {driver_opts: {type: nfs, o: addr=1.2.3.4, device: ':/share'}}\n"
    )
    found = {mount.target: shown(mount)[1:] for mount in only(read(text)).mounts}
    assert found["/a"] == ("host", "/srv/models", ("/srv/models",))
    assert found["/b"] == ("host", None, ())
    assert found["/c"] == ("host", "C:\\models", ())
    assert found["/d"][0] == "volume"
    assert found["/e"][0] == found["/h"][0] == "host"
    assert found["/e"][2][0] == "models"
    assert found["/f"][0] == "uri"
    assert found["/i"][2][0] == "here"
    assert "/g" not in found


def test_configs_are_files_or_texts(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        "services:\n  s:\n    image: tensorflow/serving\n    configs:\n      - short\n      - "
        "{source: long, target: /x}\n"
        "configs:\n  short: {file: ./models.config}\n  long:\n    content: |\n      model_config_list {}\n"
    )
    short, long = only(read(text)).mounts
    assert shown(short) == ("/short", "host", "./models.config", ("models.config",))
    assert shown(long)[:3] == ("/x", "literal", "model_config_list {}\n")
    assert long.source.at.line == 11


def test_what_is_built_here(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        "services:\n  s:\n    build: {context: serving, dockerfile: Dockerfile.gpu}\n  t:\n    "
        "build: ./t\n    image: mine:1\n"
    )
    one, two = read(text).containers
    assert one.image.text is None and "serving/Dockerfile.gpu" in one.image.why
    assert one.built[0] == "serving/Dockerfile.gpu"
    assert two.image.text == "mine:1"
    assert two.built[0] == "t/Dockerfile"


def test_arguments_and_stages_of_what_is_built(read) -> None:  # type: ignore[no-untyped-def]
    text = (
        "name: shop\nservices:\n"
        "  s:\n    build: {context: ., args: {TAG: 2.17.0-gpu}}\n"
        "  t:\n    build: {context: ., target: slim}\n"
        "  u:\n    build:\n      dockerfile_inline: |\n        FROM tensorflow/serving:2.16.1\n      "
        "  ENV MODEL_NAME=x\n"
    )
    dockerfile = (
        "ARG TAG=latest\nFROM tensorflow/serving:$TAG AS slim\nENV MODEL_NAME=a\nFROM "
        "tensorflow/serving:$TAG\nCOPY m /models/m/1\n"
    )
    reading = read(text, Dockerfile=dockerfile)
    assert [container.image.text for container in reading.containers] == ["shop-s", "shop-t", "shop-u"]
    assert {tag: built.container.image.text for built in reading.built for tag in built.tags} == {
        "shop-s": "tensorflow/serving:2.17.0-gpu",
        "shop-u": "tensorflow/serving:2.16.1",
    }
    assert [(tag.name.text, tag.dockerfiles[0], tag.stage) for tag in reading.tags] == [
        ("shop-t", "Dockerfile", "slim")
    ]


def test_a_context_elsewhere_is_unknown(read) -> None:  # type: ignore[no-untyped-def]
    container = only(read("services:\n  s:\n    build: https://github.com/a/b.git#main\n"))
    assert container.built == ()
    assert "github.com" in container.image.why


def test_the_first_format_of_compose_files(read) -> None:  # type: ignore[no-untyped-def]
    container = only(read("serving:\n  image: tensorflow/serving:1.15.0\n  ports: ['8501:8501']\n"))
    assert (container.name, container.image.text) == ("serving", "tensorflow/serving:1.15.0")


@pytest.mark.parametrize(
    "text",
    [
        "jobs:\n  a:\n    services:\n      s:\n        image: tensorflow/serving\n",
        "image: tensorflow/serving\nservices:\n  - name: docker:dind\n",
        "services:\n  s:\n    environment: {MODEL_NAME: m, image: x}\n",
        "a: 1\nimage: {repository: tensorflow/serving}\n",
        "- image: tensorflow/serving\n",
    ],
)
def test_other_files_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.chdir(tmp_path)
    assert yaml.read(text, "x.yml", Tree(["."])) is None


@pytest.mark.parametrize(
    "text",
    [
        "services: &s\n  a: *s\n  b: {image: tensorflow/serving, volumes: [[x], {source: [y]}, '', "
        "':', '::'], build: [1]}\n",
        "services:\n  a: {image: [tensorflow/serving], command: {x: y}, environment: 3, env_file: "
        "{path: {}}, configs: [{}]}\n",
        "services:\n  a: {image: tensorflow/serving, extends: [x], gpus: [], deploy: {resources: 3}, devices: [[]]}\n",
        "services:\n  a:\n    image: tensorflow/serving\n    volumes: ['" + ":" * 5000 + "']\n",
        "services:\n  a: {image: tensorflow/serving, volumes: ['${" + "{" * 300 + "}:/x'], env_file: /dev/zero}\n",
        "services:\n  a: {image: tensorflow/serving, env_file: ../../../etc/passwd, build: {context: "
        "/, args: [A, A=b]}}\n",
    ],
)
def test_hostile_files_end(read, text: str) -> None:  # type: ignore[no-untyped-def]
    reading = read(text)
    assert reading.containers or reading.remarks
    join([reading], Tree(["."]))


# Files that are read together.

SERVING = "services:\n  tfs:\n    image: tensorflow/serving:2.17.0\n    environment: {MODEL_NAME: a}\n"
VOLUME = "    volumes: ['./models:/models']\n"


@pytest.mark.parametrize(
    ("base", "override"),
    [
        ("docker-compose.yml", "docker-compose.override.yml"),
        ("compose.yaml", "compose.override.yaml"),
        ("compose.yml", "docker-compose.override.yaml"),
    ],
)
def test_an_override_is_laid_over_its_file(read, base: str, override: str) -> None:  # type: ignore[no-untyped-def]
    over = (
        "services:\n  tfs:\n    image: tensorflow/serving:2.18.0-gpu\n    gpus: all\n    environment: [X=1]\n"
        "    volumes: ['./other:/models']\n  more:\n    image: tensorflow/serving:2.16.1\n"
    )
    for path, others in ((base, {override: over}), (override, {base: SERVING + VOLUME})):
        first, second = read(SERVING + VOLUME if path == base else over, path, **others).containers
        assert (first.image.text, first.at.path, first.gpu) == ("tensorflow/serving:2.18.0-gpu", base, True)
        assert {name: said.text for name, said in first.env.items()} == {"MODEL_NAME": "a", "X": "1"}
        assert [shown(mount) for mount in first.mounts] == [("/models", "host", "./other", ("other",))]
        assert (second.name, second.image.text) == ("more", "tensorflow/serving:2.16.1")


def test_only_the_file_that_compose_takes_is_overridden(read) -> None:  # type: ignore[no-untyped-def]
    others = {
        "compose.yaml": SERVING,
        "compose.override.yaml": "services: {tfs: {image: 'tensorflow/serving:2.18.0'}}\n",
    }
    assert only(read(SERVING, "docker-compose.yml", **others)).image.text == "tensorflow/serving:2.17.0"
    assert only(read(SERVING, "docker-compose.prod.yml", **others)).image.text == "tensorflow/serving:2.17.0"


def test_tags_that_put_aside_what_is_below(read) -> None:  # type: ignore[no-untyped-def]
    over = (
        "services:\n  tfs:\n    environment: !reset null\n    volumes: !override\n      - ./other:/else\n"
        "    command: !reset null\n"
    )
    base = SERVING + VOLUME + "    command: --port=1\n"
    container = only(read(base, "compose.yaml", **{"compose.override.yaml": over}))
    assert container.env == {} and container.args is None
    assert [mount.target for mount in container.mounts] == ["/else"]
    single = over.replace("environment: !reset null", "environment: {MODEL_NAME: !reset null, Y: 1}")
    assert list(only(read(base, "compose.yaml", **{"compose.override.yaml": single})).env) == ["Y"]
    gone = "services:\n  tfs: !reset null\n  other: {image: busybox}\n"
    names = [each.name for each in read(base, "compose.yaml", **{"compose.override.yaml": gone}).containers]
    assert names == ["other"]


INCLUDED = SERVING.replace("2.17.0", "${TAG}") + VOLUME


def test_include(read) -> None:  # type: ignore[no-untyped-def]
    outer = "include:\n  - ml/tfs.yaml\nservices:\n  web: {image: nginx}\n"
    files = {"compose.yaml": outer, "ml/tfs.yaml": INCLUDED, "ml/.env": "TAG=2.16.1\n"}
    for path in ("compose.yaml", "ml/tfs.yaml"):
        container = read(files[path], path, **files).containers[-1]
        assert container.image.text == "tensorflow/serving:2.16.1"
        assert container.mounts[0].paths[0] == "ml/models"
        assert container.at.path == "ml/tfs.yaml"
    files[".env"] = "TAG=2.18.0\n"
    assert read(INCLUDED, "ml/tfs.yaml", **files).containers[0].image.text == "tensorflow/serving:2.18.0"


def test_include_with_a_folder_variables_and_several_files(read) -> None:  # type: ignore[no-untyped-def]
    outer = (
        "include:\n  - path: [ml/tfs.yaml, ml/over.yaml]\n    project_directory: .\n    env_file: [ml/x.env]\n"
        "  - gone.yaml\nservices:\n  web: {image: nginx-for-models}\n"
    )
    files = {
        "compose.yaml": outer, "ml/tfs.yaml": INCLUDED, "ml/x.env": "TAG=2.15.1\n",
        "ml/over.yaml": "services: {tfs: {gpus: all}}\n",
    }  # fmt: skip
    reading = read(outer, "compose.yaml", **files)
    container = reading.containers[-1]
    assert (container.image.text, container.gpu) == ("tensorflow/serving:2.15.1", True)
    assert container.mounts[0].paths == ("models",)
    inner = only(read(INCLUDED, "ml/tfs.yaml", **files))
    assert (inner.image.text, inner.gpu, inner.mounts[0].paths) == ("tensorflow/serving:2.15.1", True, ("models",))


def test_files_that_include_one_another(read) -> None:  # type: ignore[no-untyped-def]
    files = {
        "compose.yaml": "include: [a.yaml, compose.yaml, a.yaml]\n" + SERVING,
        "a.yaml": "include: [compose.yaml, a.yaml, /etc/passwd, ../../etc/passwd, [x], {path: {a: b}}]\n" + SERVING,
    }
    assert len(read(files["compose.yaml"], "compose.yaml", **files).containers) <= 2


def test_many_files_that_include_one_another(tmp_path, read) -> None:  # type: ignore[no-untyped-def]
    names = [f"i{number}/c.yaml" for number in range(40)]
    inner = "include: [../compose.yaml]\nservices: {s: {image: 'tensorflow/serving:2.18.0'}}\n"
    outer = f"include: [{', '.join(names)}]\n" + SERVING
    files = {"compose.yaml": outer, **dict.fromkeys(names, inner)}
    assert len(read(outer, "compose.yaml", **files).containers) == 41
    assert len(read(inner, names[0], **files).containers) == 1


def test_volumes_from_another_service(read) -> None:  # type: ignore[no-untyped-def]
    text = SERVING + "    volumes_from: ['data:ro', container:other]\n  data:\n    image: busybox\n" + VOLUME
    container = read(text).containers[0]
    assert [shown(mount) for mount in container.mounts] == [("/models", "host", "./models", ("models",))]


def test_a_config_from_outside_is_named(read) -> None:  # type: ignore[no-untyped-def]
    text = SERVING + "    configs: [{source: c, target: /m.config}]\nconfigs: {c: {external: true}}\n"
    (mount,) = only(read(text)).mounts
    assert mount.target == "/m.config" and "config c" in mount.why


def test_what_is_extended_has_the_variables_of_the_project(read) -> None:  # type: ignore[no-untyped-def]
    text = "services:\n  tfs:\n    extends: {file: ml/base.yaml, service: tfs}\n"
    others = {"ml/base.yaml": INCLUDED, ".env": "TAG=2.14.1\n", "ml/.env": "TAG=2.13.1\n"}
    container = only(read(text, **others))
    assert container.image.text == "tensorflow/serving:2.14.1"
    assert container.mounts[0].paths[0] == "ml/models"


def test_a_file_that_cannot_stand_alone_lies_over_the_one_beside_it(read) -> None:  # type: ignore[no-untyped-def]
    over = "services:\n  tfs: {gpus: all}  # another image: none\n  more: {image: 'tensorflow/serving:2.16.1'}\n"
    first, second = read(over, "docker-compose.gpu.yml", **{"docker-compose.yml": SERVING + VOLUME}).containers
    assert (first.name, first.image.text, first.gpu) == ("tfs", "tensorflow/serving:2.17.0", True)
    assert (second.name, second.image.text) == ("more", "tensorflow/serving:2.16.1")
    alone = read(over.replace("tfs:", "other:"), "docker-compose.gpu.yml", **{"docker-compose.yml": SERVING})
    assert only(alone).name == "more"


def test_a_context_that_is_not_the_dockerfile_s_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources of COPY lie in the context: sub/models/m, and not the models/m beside the Dockerfile."""
    monkeypatch.chdir(tmp_path)
    for name in ("models/m/1", "sub/models/m/1", "docker", "svc"):
        Path(name).mkdir(parents=True)
    Path("docker/Dockerfile").write_text("FROM tensorflow/serving:2.17.1\nCOPY models/m /models/m\nENV MODEL_NAME=m\n")
    Path("svc/compose.yaml").write_text(
        "services:\n  tf:\n    build: {context: ../sub, dockerfile: ../docker/Dockerfile}\n"
    )
    _, edges, _ = files.read_all(["docker/Dockerfile", "svc/compose.yaml"], Tree(["."]))
    assert [edge.paths[0] for edge in edges] == ["sub/models/m"]

"""Which servers a container starts, and what they serve: entrypoints, flags, scripts, images of their own kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_trt.deploy.edge import (
    ARTIFACT,
    BASE_PATH,
    MODEL,
    OTHER,
    REPOSITORY,
    TENSORFLOW_SERVING,
    TRITON,
    Edge,
    Remark,
    Said,
    line,
)
from pytest_trt.deploy.reading import HOST, LITERAL, VOLUME, Container, Mount
from pytest_trt.deploy.scope import BY_CALLER, Partly
from pytest_trt.deploy.servers import launch
from pytest_trt.deploy.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SERVING = "tensorflow/serving:2.17.1"
TRITONSERVER = "nvcr.io/nvidia/tritonserver:24.05-py3"
FILE = "compose.yaml"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return Tree(["."])


def words(*texts: str | Said) -> list[Said]:
    return [text if isinstance(text, Said) else Said(text, line(FILE, 10 + n)) for n, text in enumerate(texts)]


def host(target: str, source: str) -> Mount:
    return Mount(target, HOST, Said(source, line(FILE, 5)), line(FILE, 5), (source,))


def written(target: str, text: str) -> Mount:
    return Mount(target, LITERAL, Said(text, line(FILE, 50)), line(FILE, 50))


def run(
    image: str | None,
    tree: Tree,
    *args: str | Said,
    entrypoint: Sequence[str | Said] | None = None,
    env: dict[str, str | None] | None = None,
    mounts: Sequence[Mount] = (),
    **rest: object,
) -> tuple[list[Edge], list[Remark]]:
    container = Container(
        Said(image, line(FILE, 2), "" if image else "nobody says"),
        line(FILE, 1),
        entrypoint=None if entrypoint is None else words(*entrypoint),
        args=words(*args) or None,
        env={name: Said(text, line(FILE, 3), f"{name} is not known") for name, text in (env or {}).items()},
        mounts=mounts,
        **rest,  # type: ignore[arg-type]
    )
    found = launch.servings(container, tree)
    return [edge for each in found for edge in each.edges], [remark for each in found for remark in each.remarks]


def only(image: str | None, tree: Tree, *args: str | Said, **rest: object) -> Edge:
    edges, remarks = run(image, tree, *args, **rest)  # type: ignore[arg-type]
    assert remarks == []
    (edge,) = edges
    return edge


ALL = (host("/", "root"),)


@pytest.mark.parametrize(
    ("env", "args", "model", "inside"),
    [
        ({}, [], "model", "/models/model"),
        ({"MODEL_NAME": "resnet"}, [], "resnet", "/models/resnet"),
        ({"MODEL_BASE_PATH": "/srv"}, [], "model", "/srv/model"),
        ({"MODEL_BASE_PATH": "/models/foo", "MODEL_NAME": "foo"}, [], "foo", "/models/foo/foo"),
        ({"MODEL_BASE_PATH": "/srv/", "MODEL_NAME": "7"}, [], "7", "/srv/7"),
        ({"MODEL_BASE_PATH": "", "MODEL_NAME": "a"}, [], "a", "/a"),
        ({"MODEL_NAME": "a"}, ["--model_name=b"], "b", "/models/a"),
        ({"MODEL_NAME": "a"}, ["--model_base_path=/x", "--model_base_path=/y/"], "a", "/y"),
        ({}, ["--rest_api_port=8501", "--enable_batching"], "model", "/models/model"),
        ({"MODEL_NAME": "a/b"}, [], "a/b", "/models/a/b"),
    ],
)
def test_the_entrypoint_s_arithmetic(
    tree: Tree, env: dict[str, str | None], args: list[str], model: str, inside: str
) -> None:
    edge = only(SERVING, tree, *args, env=env, mounts=ALL)
    assert (edge.model, edge.inside, edge.paths, edge.shape) == (model, inside, ("root" + inside,), BASE_PATH)
    assert (edge.server.family, edge.server.image.text, edge.versions) == (TENSORFLOW_SERVING, SERVING, ("latest", 1))


@pytest.mark.parametrize(
    "image", ["intel/intel-optimized-tensorflow-serving:2.8.0", "emacski/tensorflow-serving:2.6.0"]
)
def test_derivatives_have_the_same_entrypoint(tree: Tree, image: str) -> None:
    assert only(image, tree, mounts=ALL).inside == "/models/model"


def test_remote_base_paths(tree: Tree) -> None:
    edge = only(SERVING, tree, env={"MODEL_BASE_PATH": "s3://b/models", "MODEL_NAME": "a"})
    assert (edge.uri, edge.inside, edge.unknown) == ("s3://b/models/a", "s3://b/models/a", "")


def test_unknown_variables_stay_unknown(tree: Tree) -> None:
    edge = only(SERVING, tree, env={"MODEL_NAME": None}, mounts=ALL)
    assert (edge.model, edge.paths, edge.unknown) == (None, (), "the base path is not known: MODEL_NAME is not known")
    edge = only(SERVING, tree, "--model_base_path=/x", env={"MODEL_NAME": None}, mounts=ALL)
    assert (edge.model, edge.paths) == (None, ("root/x",))


def test_words_that_may_be_any_flag(tree: Tree) -> None:
    extra = Said(None, line(FILE, 12), "EXTRA is not set in the file")
    edge = only(SERVING, tree, extra, mounts=ALL)
    assert edge.unknown == "a word of the command is not known: EXTRA is not set in the file"
    port = Partly("--port=\0", line(FILE, 12), "PORT is not set in the file")
    assert only(SERVING, tree, port, mounts=ALL).paths == ("root/models/model",)
    caller = Partly("\0", line(FILE, 12), f"$@ {BY_CALLER}")
    assert only(SERVING, tree, caller, mounts=ALL).paths == ("root/models/model",)
    path = Partly("--model_base_path=/m/\0", line(FILE, 12), "NAME is not set in the file")
    assert only(SERVING, tree, path, mounts=ALL).unknown == "the base path is not known: NAME is not set in the file"


def test_where_the_edge_stands(tree: Tree) -> None:
    edge = only(SERVING, tree, mounts=[host("/models/model", "m")])
    assert edge.at.line == 5
    edge = only(SERVING, tree, "--model_base_path=s3://b/m", mounts=[host("/models/model", "m")])
    assert edge.at.line == 10
    edge = only(SERVING, tree, env={"MODEL_NAME": "x"})
    assert (edge.at.line, edge.unknown) == (3, "nothing in the files is mounted or copied at /models/x")


def test_flags_are_kept(tree: Tree) -> None:
    edge = only(SERVING, tree, "--saved_model_tags=a", "--saved_model_tags=serve,gpu", "--enable_batching", mounts=ALL)
    flags = {name: value.text for name, value in edge.server.flags.items()}
    assert flags == {"saved_model_tags": "serve,gpu", "enable_batching": "true"}


@pytest.mark.parametrize(
    ("args", "ignored", "effect"),
    [
        (["tensorflow_model_server", "--port=1"], "tensorflow_model_server", "which starts the server already"),
        (["/bin/sh", "-c", "x"], "/bin/sh -c x", "which starts no shell"),
        (["--model_name", "x"], "--model_name x", "--name=value only"),
        (["--model_nmae=x"], "--model_nmae=x", "knows no such argument"),
        (["-model_name=x"], "-model_name=x", "knows no such argument"),
        (["x" * 500], "x" * 117 + "...", "knows no such argument"),
    ],
)
def test_words_that_the_entrypoint_ignores(tree: Tree, args: list[str], ignored: str, effect: str) -> None:
    edges, (remark,) = run(SERVING, tree, *args, mounts=ALL)
    assert [edge.inside for edge in edges] == ["/models/model"]
    assert (remark.code, remark.facts["words"]) == ("TRT423", ignored)
    assert effect in remark.facts["effect"]
    assert remark.facts["message"] == f"unknown argument: {args[0]}"


@pytest.mark.parametrize(
    ("entrypoint", "args", "model", "inside"),
    [
        (["tensorflow_model_server"], ["--model_name=a", "--model_base_path=/a"], "a", "/a"),
        (["/usr/bin/tensorflow_model_server", "--model_base_path=/a"], [], "default", "/a"),
        (["sh", "-c", "tensorflow_model_server --model_base_path=/srv/$MODEL_NAME"], [], "default", "/srv/model"),
        (["/bin/bash", "-ec", "cd /tmp; exec tensorflow_model_server --model_base_path=$0"], ["/a"], "default", "/a"),
        (["/bin/bash", "-c", 'tensorflow_model_server "$@"', "x"], ["--model_base_path=/b"], "default", "/b"),
        (["/usr/bin/tf_serving_entrypoint.sh"], ["--model_name=b"], "b", "/models/model"),
        (["tf_serving_entrypoint.sh"], [], "model", "/models/model"),
        (["tini", "-g", "--", "/usr/bin/tf_serving_entrypoint.sh"], [], "model", "/models/model"),
        (["/bin/sh", "-c", "echo hi && /usr/bin/tf_serving_entrypoint.sh --model_name=c"], [], "c", "/models/model"),
        (["env", "A=b", "tensorflow_model_server", "--model_base_path=/e"], [], "default", "/e"),
        (["gosu", "nobody", "tensorflow_model_server", "--model_base_path=/g"], [], "default", "/g"),
        ([], ["tensorflow_model_server", "--model_base_path=/h"], "default", "/h"),
    ],
)
def test_entrypoints_that_are_replaced(
    tree: Tree, entrypoint: list[str], args: list[str], model: str, inside: str
) -> None:
    edges, remarks = run(SERVING, tree, *args, entrypoint=entrypoint, mounts=ALL)
    assert [(edge.model, edge.inside) for edge in edges] == [(model, inside)]
    assert remarks == []


def test_one_shell_string(tree: Tree) -> None:
    text = "tensorflow_model_server --model_base_path=/x"
    assert only(SERVING, tree, entrypoint=[text], command_is_shell=True, mounts=ALL).inside == "/x"
    assert only("me/image", tree, text, command_is_shell=True, mounts=ALL).inside == "/x"
    edges, remarks = run(SERVING, tree, text, command_is_shell=True, mounts=ALL)
    assert ([edge.inside for edge in edges], [each.code for each in remarks]) == (["/models/model"], ["TRT423"])


@pytest.mark.parametrize(
    ("env", "args", "variables"),
    [
        ({"MODEL_NAME": "a"}, ["--model_base_path=/m"], ["MODEL_NAME"]),
        ({"MODEL_NAME": "a", "MODEL_BASE_PATH": "/srv"}, ["--model_base_path=/m"], ["MODEL_NAME", "MODEL_BASE_PATH"]),
        ({"MODEL_NAME": "a"}, ["--model_base_path=/m/a"], []),
        ({"MODEL_NAME": "a"}, ["--model_name=a", "--model_base_path=/m"], []),
        ({"MODEL_NAME": "model", "MODEL_BASE_PATH": "/models/"}, ["--model_base_path=/m"], []),
        ({"MODEL_NAME": None}, ["--model_base_path=/m"], []),
    ],
)
def test_variables_that_a_replaced_entrypoint_does_not_read(
    tree: Tree, env: dict[str, str | None], args: list[str], variables: list[str]
) -> None:
    _, remarks = run(SERVING, tree, *args, entrypoint=["tensorflow_model_server"], env=env, mounts=ALL)
    assert [each.facts["words"] for each in remarks] == variables


def test_shells_read_variables(tree: Tree) -> None:
    command = ["sh", "-c", "tensorflow_model_server --model_base_path=/m --model_name=$(basename $MODEL_NAME)"]
    _, remarks = run(SERVING, tree, entrypoint=command, env={"MODEL_NAME": "x/a"}, mounts=ALL)
    assert remarks == []


@pytest.mark.parametrize(
    "entrypoint", [["bash"], ["sleep", "infinity"], ["sh", "-c"], ["nvidia-smi"], ["sh", "-c", "ls"]]
)
def test_what_serves_nothing(tree: Tree, entrypoint: list[str]) -> None:
    assert run(SERVING, tree, entrypoint=entrypoint) == ([], [])


@pytest.mark.parametrize(
    ("entrypoint", "why"),
    [
        (["/app/start.sh"], "/app/start.sh is started; what it does is not in the files"),
        (["python", "serve.py"], "python is started; what it does is not in the files"),
        ([Said(None, line(FILE, 10), "X is not set")], "the command is not known: X is not set"),
        (["sh", "-c", Said(None, line(FILE, 10), "X is not set")], "the shell's command is not known: X is not set"),
        (["sh", Said(None, line(FILE, 10), "X is not set")], "the script is not known: X is not set"),
        (["sh", "-c", "$X tensorflow_model_server"], "the script starts no server in a way that can be followed"),
    ],
)
def test_commands_that_cannot_be_told(tree: Tree, entrypoint: list[str | Said], why: str) -> None:
    edge = only(SERVING, tree, entrypoint=entrypoint)
    assert (edge.unknown, edge.server.family, edge.shape) == (why, TENSORFLOW_SERVING, BASE_PATH)
    assert run("me/app", tree, entrypoint=entrypoint) == ([], [])
    assert only("me/tf-serving", tree, entrypoint=entrypoint).unknown == why


def test_scripts_are_followed(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "start.sh").write_text('#!/bin/bash\nexec /app/inner.sh --model_base_path=$ROOT "$@"\n')
    (tmp_path / "bin" / "inner.sh").write_text("#!/bin/sh\ntensorflow_model_server --model_name=$1x \\\n  $2 $1\n")
    edge = only(
        "me/app", tree, "--port=1", entrypoint=["/app/start.sh"], env={"ROOT": "/r"}, mounts=[*ALL, host("/app", "bin")]
    )
    assert (edge.inside, edge.model) == ("/r", "--model_base_path=/rx")
    assert [at.path for at, _ in edge.why] == [FILE, "bin/start.sh"]
    assert edge.at == line("compose.yaml", 5)


def test_scripts_in_the_text(tree: Tree) -> None:
    edge = only(
        SERVING, tree, entrypoint=["start.sh"], workdir=Said("/app", line(FILE, 4)),
        mounts=[*ALL, written("/usr/bin/start.sh", "#!/bin/sh\n\ntensorflow_model_server --model_base_path=s3://b/m")],
    )  # fmt: skip
    assert (edge.uri, edge.at) == ("s3://b/m", line(FILE, 52))


def test_scripts_that_call_themselves_end(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("#!/bin/sh\nexec /a.sh\n")
    edge = only(SERVING, tree, entrypoint=["/a.sh"], mounts=[host("/a.sh", "a.sh")])
    assert edge.unknown == "scripts that call one another go deeper than is read"


def test_a_program_is_no_script(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "server").write_bytes(b"\x7fELF\0tensorflow_model_server")
    edge = only(SERVING, tree, entrypoint=["/server"], mounts=[host("/server", "server")])
    assert edge.unknown == "/server is started; what it does is not in the files"


def test_the_image_s_script_may_be_replaced(tree: Tree) -> None:
    script = "#!/bin/sh\ntensorflow_model_server --model_name=$MODEL_NAME --model_base_path=$MODEL_BASE_PATH $@\n"
    mounts = [*ALL, written("/usr/bin/tf_serving_entrypoint.sh", script)]
    env: dict[str, str | None] = {"MODEL_BASE_PATH": "/srv/a", "MODEL_NAME": "a"}
    for entrypoint in (None, ["tf_serving_entrypoint.sh"], ["/usr/bin/tf_serving_entrypoint.sh"]):
        edge = only(SERVING, tree, "--port=1", entrypoint=entrypoint, env=env, mounts=mounts)
        assert (edge.model, edge.inside) == ("a", "/srv/a")


def test_relative_base_paths_are_refused(tree: Tree) -> None:
    edges, (remark,) = run(SERVING, tree, "--model_base_path=models", mounts=ALL)
    assert [edge.unknown for edge in edges] == [
        "base path 'models' is neither absolute nor a URI, which the server refuses"
    ]
    assert remark.facts == {
        "base_path": "models",
        "model": "model",
        "message": "Expected model model to have an absolute path or URI; got base_path()=models",
    }


def test_versions_that_are_mounted_one_by_one(tree: Tree) -> None:
    edges, _ = run(SERVING, tree, mounts=[host("/models/model/1", "a"), host("/models/model/2", "b")])
    assert [(edge.shape, edge.inside, edge.paths) for edge in edges] == [
        (ARTIFACT, "/models/model/1", ("a",)),
        (ARTIFACT, "/models/model/2", ("b",)),
    ]
    edges, _ = run(SERVING, tree, mounts=[host("/models", "all"), host("/models/model/2", "b")])
    assert [(edge.shape, edge.paths) for edge in edges] == [(ARTIFACT, ("b",)), (BASE_PATH, ("all/model",))]


CONFIG = """model_config_list {
  config { name: 'a' base_path: '/models/a' model_platform: 'tensorflow'
    model_version_policy { all {} } }
  config { name: 'b' base_path: '/models/b' model_platform: 'mine' }
}"""


def test_a_config_file(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "models.config").write_text(CONFIG)
    edges, (remark,) = run(SERVING, tree, "--model_config_file=/models/models.config", mounts=[host("/models", "m")])
    assert [(edge.model, edge.paths, edge.versions, edge.at) for edge in edges] == [
        ("a", ("m/a",), ("all",), line("m/models.config", 2)),
        ("b", ("m/b",), ("latest", 1), line("m/models.config", 4)),
    ]
    assert (remark.code, remark.at) == ("TRT408", line("m/models.config", 4))
    args = ["--model_config_file=/models/models.config", "--platform_config_file=/p"]
    assert run(SERVING, tree, *args, mounts=[host("/models", "m")])[1] == []
    edges, _ = run(SERVING, tree, "--model_config_file=", mounts=[host("/models", "m")])
    assert [edge.inside for edge in edges] == ["/models/model"]


@pytest.mark.parametrize(
    ("value", "mounts", "why"),
    [
        ("/c", [], "/c: nothing in the files is mounted or copied at /c"),
        ("/c", [host("/c", "missing")], "/c: missing is not there"),
        ("/c", [host("/c", "folder")], "/c: folder is not a file inside of what is checked"),
        ("/c", [Mount("/c", VOLUME, Said(None, line(FILE, 1), "a claim"), line(FILE, 1))], "/c: a claim"),
        ("gs://b/c", [], "models.config is at gs://b/c, which is not among the files"),
        ("/c", [written("/c", "# nothing")], "/c lists no model"),
    ],
)
def test_a_config_file_that_is_not_read(tree: Tree, tmp_path: Path, value: str, mounts: list[Mount], why: str) -> None:
    (tmp_path / "folder").mkdir()
    assert only(SERVING, tree, f"--model_config_file={value}", mounts=mounts).unknown == why


def test_links_out_of_the_tree_are_not_followed(
    tree: Tree, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "models.config"
    outside.write_text(CONFIG)
    (tmp_path / "link").symlink_to(outside)
    edge = only(SERVING, tree, "--model_config_file=/c", mounts=[host("/c", "link")])
    assert edge.unknown == "/c: link is not there"


@pytest.mark.parametrize(
    ("args", "roots"),
    [
        (["tritonserver", "--model-repository=/a"], ["/a"]),
        (["tritonserver", "--model-repository", "/a/"], ["/a"]),
        (["tritonserver", "--model-store=/a", "--model-repository=/b"], ["/a", "/b"]),
        (["trtserver", "--model-store=/a"], ["/a"]),
        (["/opt/tritonserver/bin/tritonserver", "--log-verbose", "1", "--model-repository=/a"], ["/a"]),
        (["/opt/nvidia/nvidia_entrypoint.sh", "tritonserver", "--model-repository=/a"], ["/a"]),
        (["bash", "-c", "sleep 1; tritonserver --model-repository /a --strict-model-config=false &\nwait"], ["/a"]),
        (["tritonserver", "--model-repository=models"], ["/opt/tritonserver/models"]),
        (["sh", "-c", "cd /srv && tritonserver --model-repository=models"], ["/srv/models"]),
        (["sh", "-c", "cd sub && tritonserver --model-repository=models"], ["/opt/tritonserver/sub/models"]),
    ],
)
def test_triton_s_repositories(tree: Tree, args: list[str], roots: list[str]) -> None:
    edges, remarks = run(TRITONSERVER, tree, *args, mounts=ALL)
    assert [(edge.shape, edge.inside, edge.paths) for edge in edges] == [
        (REPOSITORY, root, ("root" + root,)) for root in roots
    ]
    assert {edge.server.family for edge in edges} == {TRITON}
    assert remarks == []


def test_relative_repositories(tree: Tree) -> None:
    args = ["tritonserver", "--model-repository=m"]
    assert only(TRITONSERVER, tree, *args, workdir=Said("/w", line(FILE, 1)), mounts=ALL).inside == "/w/m"
    edge = only(TRITONSERVER, tree, *args, workdir=Said(None, line(FILE, 1), "W is not set"), mounts=ALL)
    assert edge.unknown == "m is relative to a working folder that is not known"


@pytest.mark.parametrize("uri", ["gs://b/r", "s3://https://host:9000/b/r", "s3://host:9000/b", "as://a/b"])
def test_remote_repositories(tree: Tree, uri: str) -> None:
    assert only(TRITONSERVER, tree, "tritonserver", f"--model-repository={uri}").uri == uri


def test_models_that_are_asked_for(tree: Tree, tmp_path: Path) -> None:
    base = ["tritonserver", "--model-repository=/r", "--load-model=x", "--load-model", "y"]
    edges, _ = run(TRITONSERVER, tree, *base, "--model-control-mode=explicit", mounts=ALL)
    assert [(edge.shape, edge.model, edge.paths, edge.inside) for edge in edges] == [
        (MODEL, "x", ("root/r/x",), "/r/x"),
        (MODEL, "y", ("root/r/y",), "/r/y"),
    ]
    edges, _ = run(TRITONSERVER, tree, *base, mounts=ALL)
    assert [edge.shape for edge in edges] == [REPOSITORY]
    edges, _ = run(TRITONSERVER, tree, *base, "--model-control-mode=explicit", "--load-model=*", mounts=ALL)
    assert [edge.shape for edge in edges] == [REPOSITORY]
    (tmp_path / "root" / "s" / "y").mkdir(parents=True)
    (tmp_path / "root" / "r" / "x").mkdir(parents=True)
    edges, _ = run(TRITONSERVER, tree, *base, "--model-control-mode=explicit", "--model-repository=/s", mounts=ALL)
    assert [edge.paths for edge in edges] == [("root/r/x",), ("root/s/y",)]


def test_triton_s_backends_are_kept_apart(tree: Tree) -> None:
    edge = only(
        TRITONSERVER, tree, "tritonserver", "--model-repository=/r", "--backend-config=tensorflow,version=1",
        "--backend-config=tensorrt,version-compatible=true", mounts=ALL,
    )  # fmt: skip
    flags = {name: value.text for name, value in edge.server.flags.items()}
    assert flags["backend-config.tensorflow.version"] == "1"
    assert flags["backend-config.tensorrt.version-compatible"] == "true"


@pytest.mark.parametrize(
    ("args", "why"),
    [
        ([], f"nothing in the files says what {TRITONSERVER} starts"),
        (["tritonserver"], "no --model-repository is given, without which Triton ends"),
        (
            ["tritonserver", Partly("--model-repository=\0", line(FILE, 9), "R is not set")],
            "the repository is not known: R is not set",
        ),
        (["tritonserver", "--model-repository=/r"], "nothing in the files is mounted or copied at /r"),
    ],
)
def test_repositories_that_cannot_be_told(tree: Tree, args: list[str | Said], why: str) -> None:
    edge = only(TRITONSERVER, tree, *args)
    assert (edge.unknown, edge.shape, edge.server.family) == (why, REPOSITORY, TRITON)


@pytest.mark.parametrize("args", [["bash"], ["perf_analyzer", "-m", "x"], ["nvidia_entrypoint.sh", "bash"]])
def test_other_work_in_triton_s_image(tree: Tree, args: list[str]) -> None:
    assert run(TRITONSERVER, tree, *args) == ([], [])


def test_a_server_in_an_image_of_nobody_we_know(tree: Tree) -> None:
    edge = only("me/app:3", tree, "tritonserver", "--model-repository=/r", mounts=ALL)
    assert (edge.server.family, edge.server.image.text, edge.paths) == (TRITON, "me/app:3", ("root/r",))
    edge = only(None, tree, entrypoint=["tensorflow_model_server", "--model_base_path=/r"], mounts=ALL)
    assert (edge.server.family, edge.server.image.text, edge.server.image.why) == (
        TENSORFLOW_SERVING,
        None,
        "nobody says",
    )
    edge = only("me/tf-serving", tree, "--model_name=x")
    assert edge.unknown == "the entrypoint of me/tf-serving is not in the files"
    assert run("nginx", tree, "--model_name=x") == ([], [])
    assert run(None, tree) == ([], [])


def test_servers_that_are_neither(tree: Tree) -> None:
    edge = only("pytorch/torchserve", tree)
    assert (edge.server.family, edge.shape) == (OTHER, ARTIFACT)
    assert edge.unknown == "pytorch/torchserve is neither TensorFlow Serving nor Triton"


BITNAMI = "bitnami/tensorflow-serving:2.19.1-debian-12-r0"


def test_bitnami_has_keys_of_its_own(tree: Tree) -> None:
    edge = only(BITNAMI, tree, env={"TENSORFLOW_SERVING_MODEL_NAME": "m"}, mounts=[host("/bitnami", "b")])
    assert (edge.model, edge.inside, edge.paths) == ("m", "/bitnami/model-data", ("b/model-data",))
    assert only(BITNAMI, tree, "/opt/bitnami/scripts/tensorflow-serving/run.sh", mounts=ALL).model == "resnet"
    edge = only(BITNAMI, tree, "tensorflow_model_server", "--model_base_path=/x", mounts=ALL)
    assert (edge.model, edge.inside) == ("default", "/x")
    path = "/bitnami/tensorflow-serving/conf/tensorflow-serving.conf"
    edges, _ = run(BITNAMI, tree, mounts=[*ALL, written(path, CONFIG)])
    assert [edge.model for edge in edges] == ["a", "b"]
    entrypoint = "/opt/bitnami/scripts/tensorflow-serving/entrypoint.sh"
    edge = only(BITNAMI, tree, "tensorflow_model_server", "--model_base_path=/y", entrypoint=[entrypoint], mounts=ALL)
    assert edge.inside == "/y"


SAGEMAKER = "1.dkr.ecr.us-east-1.amazonaws.com/tensorflow-inference:2.16.1-gpu"


@pytest.mark.parametrize("args", [[], ["serve"]])
def test_sagemaker_finds_models_by_their_files(tree: Tree, tmp_path: Path, args: list[str]) -> None:
    for folder in ("export/Servo/1", "export/Servo/x", "7", "code"):
        (tmp_path / "m" / folder).mkdir(parents=True)
        (tmp_path / "m" / folder / "saved_model.pb").write_bytes(b"")
    edges, remarks = run(SAGEMAKER, tree, *args, mounts=[host("/opt/ml/model", "m")])
    assert remarks == []
    assert [(edge.model, edge.inside, edge.paths, edge.versions) for edge in edges] == [
        ("model", "/opt/ml/model", ("m",), ("all",)),
        ("Servo", "/opt/ml/model/export/Servo", ("m/export/Servo",), ("all",)),
    ]


def test_sagemaker_without_models(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    edges, (remark,) = run(SAGEMAKER, tree, mounts=[host("/opt/ml", "."), host("/opt/ml/model", "m")])
    assert (remark.code, remark.facts["message"]) == ("TRT421", "no SavedModel bundles found!")
    assert [edge.unknown for edge in edges] == ["m holds no <digits>/saved_model.pb"]
    assert only(SAGEMAKER, tree, mounts=[host("/opt/ml/model", "elsewhere")]).paths == ("elsewhere",)
    assert only(SAGEMAKER, tree).unknown == "nothing in the files is mounted or copied at /opt/ml/model"
    edge = only(SAGEMAKER, tree, env={"SAGEMAKER_MULTI_MODEL": "true"}, mounts=ALL)
    assert edge.inside == "/opt/ml/models"


def test_sagemaker_s_triton(tree: Tree) -> None:
    image = "1.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver:23.02-py3"
    edge = only(image, tree, env={"SAGEMAKER_TRITON_TENSORFLOW_VERSION": "1"}, mounts=ALL)
    assert (edge.shape, edge.paths, edge.server.family) == (REPOSITORY, ("root/opt/ml/model",), TRITON)
    assert edge.server.flags["backend-config.tensorflow.version"].text == "1"


def test_images_that_get_their_model_elsewhere(tree: Tree) -> None:
    vertex = "europe-docker.pkg.dev/vertex-ai/prediction/tf2-gpu.2-15:latest"
    assert only(vertex, tree, env={"AIP_STORAGE_URI": "gs://b/m"}).uri == "gs://b/m"
    assert only(vertex, tree).unknown == "Vertex AI gives it a model that is not named here"
    assert only("seldonio/tfserving-proxy:1.18.0", tree).unknown.startswith("it passes requests on")


WORDS = st.lists(
    st.one_of(
        st.sampled_from(
            ["tensorflow_model_server", "tritonserver", "sh", "-c", "--model_base_path=/x", "--model-repository", "/y",
             "--model_config_file=/c", "--", "exec tritonserver $@", "$X", "", "\0", "(", "if", "--=", "--model_name="]
        ),
        st.text(max_size=8),
    ),
    max_size=6,
)  # fmt: skip


@given(WORDS, st.one_of(st.none(), WORDS), st.sampled_from([SERVING, TRITONSERVER, BITNAMI, SAGEMAKER, "me/x", None]))
@settings(max_examples=400, deadline=None)
def test_no_command_is_too_much(args: list[str], entrypoint: list[str] | None, image: str | None) -> None:
    edges, _ = run(image, Tree(["."]), *args, entrypoint=entrypoint)
    for edge in edges:
        assert edge.paths or edge.uri or edge.unknown

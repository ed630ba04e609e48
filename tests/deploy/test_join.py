"""Small repositories, each with the map that its files come to; and what joining does where files disagree."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pytest_trt.deploy import files
from pytest_trt.deploy.edge import Edge, Remark, Said, line
from pytest_trt.deploy.join import join
from pytest_trt.deploy.reading import CONFIG_MAP, HOST, LITERAL, Built, Container, Mount, Reading, Tag
from pytest_trt.deploy.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location

DATA = Path(__file__).parents[1] / "data" / "deploy" / "join"
SERVING = "tensorflow/serving:2.17.1"


def place(at: Location) -> str:
    return f"{at.path}:{at.line}"


def drawn(edges: Sequence[Edge], remarks: Sequence[Remark]) -> list[str]:
    """The map as text: each edge with its argument, then the remarks."""
    lines = []
    for edge in edges:
        server = edge.server
        what = " or ".join(edge.paths) or edge.uri or f"unknown: {edge.unknown}"
        gpu = {True: " with GPU", False: " without GPU", None: ""}[server.gpu]
        lines.append(f"{place(edge.at)} {server.image.text or server.family}{gpu} <- {edge.shape} {what}")
        versions = " ".join(map(str, edge.versions))
        lines.append(f"    model {edge.model}, inside {edge.inside}, versions {versions}")
        lines += [f"    {place(at)} {why}" for at, why in edge.why]
    for remark in remarks:
        facts = ", ".join(f"{name}: {value}" for name, value in remark.facts.items())
        lines.append(f"{remark.code} {place(remark.at)} {facts}")
    return lines


@pytest.mark.parametrize("case", sorted(path.name for path in DATA.iterdir() if path.is_dir()))
def test_maps(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    root = tmp_path / case
    shutil.copytree(DATA / case, root, ignore=shutil.ignore_patterns("expected.txt"))
    (root / ".git").mkdir()
    monkeypatch.chdir(root)
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    _, edges, remarks = files.read_all(paths, Tree(["."]))
    found = drawn(edges, remarks)
    golden = DATA / case / "expected.txt"
    if request.config.getoption("--update-goldens"):
        golden.write_text("".join(f"{each}\n" for each in found), encoding="utf-8")
    assert golden.read_text(encoding="utf-8").splitlines() == found


def said(text: str | None, number: int = 1, path: str = "x.yaml") -> Said:
    return Said(text, line(path, number), "" if text is not None else "nobody says")


def container(image: str | None, *, path: str = "x.yaml", number: int = 1, **rest: object) -> Container:
    return Container(said(image, number, path), line(path, number), **rest)  # type: ignore[arg-type]


def built(image: str, dockerfile: str, stage: str | None = None, **rest: object) -> Built:
    return Built(container(image, path=dockerfile, **rest), dockerfile, stage)


def reading(path: str, *containers: Container, builds: Sequence[Built] = (), tags: Sequence[Tag] = ()) -> Reading:
    found = Reading(path, "compose")
    found.containers += containers
    found.built += builds
    found.tags += tags
    return found


def mount(target: str, source: str, number: int = 1, path: str = "x.yaml") -> Mount:
    return Mount(target, HOST, said(source, number, path), line(path, number), (source,))


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return Tree(["."])


def test_nothing_comes_to_nothing(tree: Tree) -> None:
    assert join([], tree) == ([], [])
    assert join([reading("x.yaml", container("nginx"), container(None))], tree) == ([], [])


def test_what_a_container_mounts_hides_what_its_image_holds(tree: Tree) -> None:
    image = built(
        SERVING, "Dockerfile", mounts=[mount("/models/model", "baked", 2, "Dockerfile"), mount("/keep", "kept")]
    )
    over = container(None, built=["Dockerfile"], mounts=[mount("/models", "host", 5)])
    edges, _ = join([reading("x.yaml", over, builds=[image])], tree)
    assert [(edge.paths, place(edge.at)) for edge in edges] == [(("host/model",), "x.yaml:5")]


def test_one_mounted_file_hides_no_folder(tree: Tree) -> None:
    text = said("model_config_list { config { name: 'a' base_path: '/models/a' model_type: 1 } }", 9)
    image = built(SERVING, "Dockerfile", mounts=[mount("/models", "baked", 2, "Dockerfile")])
    over = container(
        None,
        built=["Dockerfile"],
        args=[said("--model_config_file=/models/models.config", 4)],
        mounts=[Mount("/models/models.config", LITERAL, text, line("x.yaml", 9))],
    )
    edges, _ = join([reading("x.yaml", over, builds=[image])], tree)
    assert [(edge.model, edge.paths, place(edge.at)) for edge in edges] == [("a", ("baked/a",), "x.yaml:9")]


def test_an_entrypoint_drops_the_image_s_words(tree: Tree) -> None:
    image = built(SERVING, "Dockerfile", args=[said("--model_base_path=/image")], mounts=[mount("/", "all")])
    kept = container(None, built=["Dockerfile"])
    replaced = container(None, number=7, built=["Dockerfile"], entrypoint=[said("tensorflow_model_server")])
    edges, _ = join([reading("x.yaml", kept, replaced, builds=[image])], tree)
    assert [edge.inside or edge.unknown[:24] for edge in edges] == ["/image", "without --model_base_path"[:24]]


def test_images_are_found_by_the_names_that_scripts_give_them(tree: Tree) -> None:
    image = built(SERVING, "serving/Dockerfile", mounts=[mount("/models/model", "baked", 2, "serving/Dockerfile")])
    script = reading(
        "build.sh", tags=[Tag(said("docker.io/me/app"), ["Dockerfile", "serving/Dockerfile"], line("build.sh", 2))]
    )
    runs = reading("x.yaml", container("me/app:latest"), container("me/app:v2"))
    edges, _ = join([reading("serving/Dockerfile", builds=[image]), script, runs], tree)
    assert [edge.paths for edge in edges] == [("baked",)]
    assert image.tags == ["docker.io/me/app"]


def test_a_stage_that_is_asked_for(tree: Tree) -> None:
    last = built("python:3.12", "Dockerfile")
    serving = built(SERVING, "Dockerfile", "serving", mounts=[mount("/models/model", "m", 3, "Dockerfile")])
    tag = Tag(said("me/app"), ["Dockerfile"], line("build.sh", 1), "SERVING")
    edges, _ = join(
        [reading("Dockerfile", builds=[last, serving], tags=[tag]), reading("x", container("me/app"))], tree
    )
    assert [edge.paths for edge in edges] == [("m",)]


@pytest.mark.parametrize("bases", [("python:3.12", SERVING), (SERVING, SERVING)])
def test_of_an_image_that_nobody_runs_one_stage_counts(tree: Tree, bases: tuple[str, str]) -> None:
    last = built(bases[0], "Dockerfile", mounts=[mount("/models/model", "last", 9, "Dockerfile")])
    serving = built(bases[1], "Dockerfile", "serving", mounts=[mount("/models/model", "named", 3, "Dockerfile")])
    edges, _ = join([reading("Dockerfile", builds=[last, serving])], tree)
    assert [edge.paths for edge in edges] == [("last",) if bases[0] == SERVING else ("named",)]


def test_a_base_for_other_stages_serves_nothing(tree: Tree) -> None:
    last = built("python:3.12", "Dockerfile")
    base = built(SERVING, "Dockerfile", "base")
    assert join([reading("Dockerfile", builds=[last, base])], tree) == ([], [])


def config_map(path: str, text: str, name: str = "config") -> Reading:
    found = Reading(path, "kubernetes")
    found.config_maps[name] = {"models.config": said(text, 3, path)}
    return found


CONFIG = "model_config_list {{ config {{ name: '{0}' base_path: 's3://b/{0}' model_type: 1 }} }}"


def mounts_config(path: str, source: str = "config") -> Container:
    return container(
        SERVING,
        path=path,
        args=[said("--model_config_file=/etc/tfs/models.config", 8, path)],
        mounts=[Mount("/etc/tfs", CONFIG_MAP, said(source, 9, path), line(path, 9))],
    )


@pytest.mark.parametrize(
    ("maps", "model"),
    [
        ({"a/x.yaml": "own", "b/y.yaml": "far"}, "own"),
        ({"a/y.yaml": "beside", "b/y.yaml": "far"}, "beside"),
        ({"b/y.yaml": "only"}, "only"),
        ({"b/y.yaml": "same", "c/y.yaml": "same"}, "same"),
    ],
)
def test_the_nearest_config_map_counts(tree: Tree, maps: dict[str, str], model: str) -> None:
    readings = [config_map(path, CONFIG.format(name)) for path, name in maps.items()]
    edges, remarks = join([*readings, reading("a/x.yaml", mounts_config("a/x.yaml"))], tree)
    assert [(edge.model, edge.uri) for edge in edges] == [(model, f"s3://b/{model}")]
    assert remarks == []


@pytest.mark.parametrize(
    ("maps", "source", "why"),
    [
        ({}, "config", "the ConfigMap config is not in the files"),
        ({"b/y.yaml": "a", "c/y.yaml": "b"}, "config", "several ConfigMaps are called config: b/y.yaml, c/y.yaml"),
    ],
)
def test_a_config_map_that_cannot_be_told(tree: Tree, maps: dict[str, str], source: str, why: str) -> None:
    readings = [config_map(path, CONFIG.format(name)) for path, name in maps.items()]
    edges, remarks = join([*readings, reading("a/x.yaml", mounts_config("a/x.yaml", source))], tree)
    assert [edge.unknown for edge in edges] == [f"/etc/tfs/models.config: {why}"]
    assert [(each.code, each.facts["what"]) for each in remarks] == [("TRT418", "path")]


def test_one_key_of_a_config_map(tree: Tree) -> None:
    one = mounts_config("a/x.yaml", "config/models.config")
    one.mounts[0].target = "/etc/tfs/models.config"
    edges, _ = join([config_map("a/x.yaml", CONFIG.format("a")), reading("a/x.yaml", one)], tree)
    assert [edge.model for edge in edges] == ["a"]
    one.mounts[0].source = said("config/other", 9, "a/x.yaml")
    edges, _ = join([config_map("a/x.yaml", CONFIG.format("a")), reading("a/x.yaml", one)], tree)
    assert [edge.unknown for edge in edges] == ["/etc/tfs/models.config: the ConfigMap config has no key other"]


def test_a_config_that_a_container_reads_stands_for_itself_no_more(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "models.config").write_text(CONFIG.format("a"))
    own = files.read("models.config", tree)
    assert own is not None
    edges, _ = join([own], tree)
    assert [edge.server.image.text for edge in edges] == [None]
    runs = container(SERVING, args=[said("--model_config_file=/m/models.config")], mounts=[mount("/m", ".")])
    edges, remarks = join([own, reading("x.yaml", runs)], tree)
    assert [edge.server.image.text for edge in edges] == [SERVING]
    assert remarks == []


def test_remarks_of_a_config_are_made_once(tree: Tree, tmp_path: Path) -> None:
    (tmp_path / "models.config").write_text("model_config_list { config { name: 'a' base_path: 'a' model_type: 1 } }")
    own = files.read("./models.config", tree)
    assert own is not None
    runs = container(SERVING, args=[said("--model_config_file=/m/models.config")], mounts=[mount("/m", ".")])
    _, remarks = join([own, reading("x.yaml", runs), reading("y.yaml", runs)], tree)
    assert [(each.code, each.at.path) for each in remarks] == [("TRT405", "./models.config")]


def test_equal_edges_are_one(tree: Tree) -> None:
    same = container(SERVING, mounts=[mount("/models/model", "m", 4)])
    with_gpu = container(SERVING, mounts=[mount("/models/model", "m", 4)], gpu=True)
    edges, _ = join([reading("x.yaml", same, same, with_gpu)], tree)
    assert [edge.server.gpu for edge in edges] == [None, True]


def test_long_chains_of_images_end(tree: Tree) -> None:
    readings = []
    for number in range(40):
        path = f"{number}/Dockerfile"
        tag = Tag(said(f"me/{number}"), [path], line("build.sh", number + 1))
        readings.append(reading(path, builds=[built(f"me/{number + 1}", path)], tags=[tag]))
    edges, remarks = join([*readings, reading("x.yaml", container("me/0"))], tree)
    assert edges == []
    assert [each.facts["why"] for each in remarks] == ["more than 16 images are built from one another"]


def test_a_variable_that_misleads(tree: Tree) -> None:
    env = {"TF_TENSORRT_VERSION": said("8.6.1", 6)}
    runs = [container(image, env=env) for image in (SERVING, "tensorflow/serving:2.18.0-gpu", "nginx")]
    _, remarks = join([reading("x.yaml", *runs)], tree)
    assert [(each.facts["image"], place(each.at)) for each in remarks if each.code == "TRT404"] == [
        ("tensorflow/serving:2.18.0-gpu", "x.yaml:6")
    ]


def test_hostile_words_stay_words(tree: Tree) -> None:
    bad = "\x1b[31m::error::\n\0" * 50
    runs = container(
        SERVING, args=[said("--model_base_path=/" + bad), said(bad)], env={"MODEL_NAME": said(bad)},
        mounts=[mount("/" + bad, bad)], entrypoint=None, name=bad,
    )  # fmt: skip
    join([reading("x.yaml", runs)], tree)

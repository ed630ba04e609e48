"""What is at a path inside a container: the longest mount, the last of equal ones, files, URIs, nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.reading import CONFIG_MAP, HOST, LITERAL, URI, VOLUME, Mount
from pytest_trt.deploy.servers import paths
from pytest_trt.deploy.tree import Tree

AT = line("x.yaml", 1)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return Tree(["."])


def host(target: str, *sources: str, number: int = 1) -> Mount:
    return Mount(target, HOST, Said(sources[0], AT), line("x.yaml", number), sources, f"{sources[0]} at {target}")


def other(target: str, kind: str, source: str | None = None, why: str = "") -> Mount:
    return Mount(target, kind, Said(source, AT, "" if source is not None else "nobody says"), AT, (), why)


@pytest.mark.parametrize(
    ("path", "target", "source", "found"),
    [
        ("/models/a", "/models/a", "a", "a"),
        ("/models/a/", "/models/a", "a", "a"),
        ("//models//a/.", "/models/a", "a", "a"),
        ("/models/a/b/../c", "/models", "m", "m/a/c"),
        ("/models/a", "/models/", "./m", "m/a"),
        ("/models/a", "/", "all", "all/models/a"),
        ("file:///models/a", "/models", "m", "m/a"),
        ("/models/../../etc", "/etc", "e", "e"),
    ],
)
def test_a_folder_of_the_host(tree: Tree, path: str, target: str, source: str, found: str) -> None:
    assert paths.host_path(path, [host(target, source)], tree).paths == (found,)


def test_candidates_are_kept_in_order(tree: Tree) -> None:
    assert paths.host_path("/m/a", [host("/m", "x/m", "m")], tree).paths == ("x/m/a", "m/a")


def test_the_longest_target_counts(tree: Tree) -> None:
    mounts = [host("/models/a", "deep", number=2), host("/models", "all", number=3), host("/mod", "no")]
    place = paths.host_path("/models/a", mounts, tree)
    assert (place.paths, place.at) == (("deep",), line("x.yaml", 2))
    assert paths.host_path("/models/ab", mounts, tree).paths == ("all/ab",)


def test_of_equal_targets_the_tree_decides(tree: Tree, tmp_path: Path) -> None:
    mounts = [host("/models", "first"), host("/models", "second")]
    assert paths.host_path("/models/a", mounts, tree).paths == ("second/a", "first/a")
    (tmp_path / "first" / "a").mkdir(parents=True)
    assert paths.host_path("/models/a", mounts, tree).paths == ("first/a", "second/a")
    mounts.append(other("/models", VOLUME, None, "RUN makes something"))
    assert paths.host_path("/models/a", mounts, tree).paths == ("first/a", "second/a")


@pytest.mark.parametrize(
    ("source", "path", "uri"),
    [
        ("s3://b/m", "/models", "s3://b/m"),
        ("s3://b/m/", "/models/a/1", "s3://b/m/a/1"),
        ("gs://b", "/models/a", "gs://b/a"),
    ],
)
def test_what_is_fetched(tree: Tree, source: str, path: str, uri: str) -> None:
    assert paths.host_path(path, [other("/models", URI, source)], tree).uri == uri


def test_a_uri_is_itself(tree: Tree) -> None:
    assert paths.host_path("s3://b/m", [host("/", "all")], tree).uri == "s3://b/m"


def test_a_file_in_the_text(tree: Tree) -> None:
    mounts = [host("/models", "m"), other("/models/models.config", LITERAL, "text")]
    place = paths.host_path("/models/models.config", mounts, tree)
    assert place.literal is not None and place.literal.text == "text"
    assert paths.host_path("/models/models.config/x", mounts, tree).paths == ("m/models.config/x",)


@pytest.mark.parametrize(
    ("mount", "why"),
    [
        (
            other("/models", VOLUME, "data", "claim data: what it holds is not in the files"),
            "claim data: what it holds",
        ),
        (other("/models", VOLUME, "data"), "what the volume at /models holds is not in the files"),
        (other("/models", URI), "nobody says"),
        (other("/models", HOST), "nobody says"),
        (other("/models", LITERAL), "nobody says"),
        (other("/models", CONFIG_MAP, "c"), "the ConfigMap c is not in the files"),
        (other("/models", CONFIG_MAP), "nobody says"),
        (other("/models/b", VOLUME, "x"), "nothing in the files is mounted or copied at /models, but at"),
        (other("/elsewhere", VOLUME, "x"), "nothing in the files is mounted or copied at /models"),
    ],
)
def test_what_cannot_be_told(tree: Tree, mount: Mount, why: str) -> None:
    place = paths.host_path("/models", [mount], tree)
    assert not place.paths and place.uri is None and place.literal is None
    assert place.unknown.startswith(why.removesuffix(", but at"))


def test_what_lies_beside_may_be_meant(tree: Tree) -> None:
    place = paths.host_path("/models/model", [host("/models/resnet", "r"), host("/etc/x", "x")], tree)
    assert place.unknown == "nothing in the files is mounted or copied at /models/model, but at /models/resnet"


def test_a_server_on_the_host(tree: Tree) -> None:
    root = Mount("/", HOST, Said("/", line("bin/run.sh", 1)), line("bin/run.sh", 1), ("/",))
    assert paths.host_path("/srv/m", [root], tree).paths == ("/srv/m",)
    assert paths.host_path("m", [root], tree).paths == ("bin/m", "m")
    assert paths.host_path("m", [root], tree, "./deploy").paths == ("bin/deploy/m", "deploy/m")
    assert paths.host_path("m", [host("/m", "m")], tree).unknown.startswith("m is relative")
    assert paths.host_path("m", [host("/w/m", "m")], tree, "/w").paths == ("m",)


@pytest.mark.parametrize(
    ("path", "relative", "uri"),
    [
        ("/models", False, False),
        ("models", True, False),
        ("./models", True, False),
        ("", True, False),
        ("s3://b/m", False, True),
        ("file:///m", False, True),
        ("C:/m", True, False),
        ("://x", True, False),
    ],
)
def test_relative_paths_and_uris(path: str, relative: bool, uri: bool) -> None:
    assert (paths.is_relative(path), paths.is_uri(path)) == (relative, uri)


def test_single_versions(tree: Tree) -> None:
    mounts = [
        host("/models/m/1", "one"),
        host("/models/m/002", "two"),
        host("/models/m/3/saved_model.pb", "export/saved_model.pb"),
        host("/models/m/3/variables", "export/variables"),
        host("/models/m/v4", "four"),
        host("/models/n/5", "five"),
    ]
    found = [(target, place.paths) for target, place in paths.versions_inside("/models/m/", mounts, tree)]
    assert found == [("/models/m/1", ("one",)), ("/models/m/002", ("two",)), ("/models/m/3", ("export",))]


@given(st.text(alphabet="/.ab ", max_size=20), st.text(alphabet="/.ab ", max_size=20))
def test_nothing_leads_out_of_a_mount(path: str, source: str) -> None:
    place = paths.host_path("/" + path, [Mount("/a", HOST, Said(source, AT), AT, ("root/x",))], Tree(["."]))
    assert all(each == "root/x" or each.startswith("root/x/") for each in place.paths)

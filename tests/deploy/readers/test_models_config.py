"""models.config: which models it lists, and what the stock server says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_trt.deploy import files
from pytest_trt.deploy.edge import BASE_PATH, TENSORFLOW_SERVING
from pytest_trt.deploy.readers import models_config
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.tree import Tree

DATA = Path(__file__).parents[2] / "data" / "deploy" / "models_config"


def read(text: str, path: str = "models.config") -> Reading:
    return models_config.read(text, path, Tree(["."]))


def of_model(fields: str) -> str:
    return "model_config_list { config {\n" + fields + "\n} }"


def remarks(reading: Reading) -> list[tuple[str, int | None, str]]:
    return [(each.code, each.at.line, each.facts.get("message", "")) for each in reading.remarks]


@pytest.mark.parametrize("path", sorted(DATA.glob("*.config")), ids=lambda path: path.stem)
def test_whole_files(path: Path, request: pytest.FixtureRequest) -> None:
    reading = read(path.read_text(encoding="utf-8"), path.name)
    said = [
        f"{edge.at.line} model {edge.model} {edge.inside} {edge.versions} {edge.uri or edge.unknown}"
        for edge in reading.edges
    ]
    said += [f"{each.at.line} {each.code} {sorted(each.facts.items())}" for each in reading.remarks]
    golden = path.with_suffix(".expected.txt")
    if request.config.getoption("--update-goldens"):
        golden.write_text("\n".join(said) + "\n", encoding="utf-8")
    assert golden.read_text(encoding="utf-8").splitlines() == said


def test_an_edge_has_no_server_yet() -> None:
    (edge,) = read(of_model("name: 'a' base_path: '/models/a' model_platform: 'tensorflow'")).edges
    assert (edge.server.family, edge.server.image.text, edge.shape) == (TENSORFLOW_SERVING, None, BASE_PATH)
    assert edge.server.image.why == "models.config does not say which image reads it"
    assert edge.unknown == "nothing in the files says what is mounted at /models/a"


@pytest.mark.parametrize(
    ("policy", "versions"),
    [
        ("", ("latest", 1)),
        ("model_version_policy { }", ("latest", 1)),
        ("model_version_policy { latest { } }", ("latest", 1)),
        ("model_version_policy { latest { num_versions: 0 } }", ("latest", 1)),
        ("model_version_policy: { latest: < num_versions: 3 > }", ("latest", 3)),
        ("model_version_policy { all {} }", ("all",)),
        ("model_version_policy { specific { versions: 1 versions: 7 } }", ("specific", 1, 7)),
        ("model_version_policy { specific { versions: [1, 0x10] } }", ("specific", 1, 16)),
        ("model_version_policy { specific { } }", ("specific",)),
    ],
)
def test_version_policies(policy: str, versions: tuple[object, ...]) -> None:
    reading = read(of_model("name: 'a' base_path: '/a' model_platform: 'tensorflow' " + policy))
    assert [edge.versions for edge in reading.edges] == [versions]
    assert reading.remarks == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            "base_path: '/a' model_platform: 'tensorflow' name: 'a'",
            [],
        ),
        ("name: 'a' base_path: 's3://b/a' model_type: TENSORFLOW", []),
        ("name: 'a' base_path: 'file:///a' model_type: 1", []),
        (
            "name: 'a'\nbase_path: 'a/b'\nmodel_platform: 'tensorflow'",
            [("TRT405", 3, "Expected model a to have an absolute path or URI; got base_path()=a/b")],
        ),
        (
            "name: 'a'\nmodel_platform: 'tensorflow'",
            [("TRT405", 1, "Expected model a to have an absolute path or URI; got base_path()=")],
        ),
        (
            "name: 'a' base_path: '/a'\nmodel_platform: 'tensorrt_plan'",
            [("TRT408", 3, "Model a requests unsupported platform tensorrt_plan")],
        ),
        (
            "name: 'a' base_path: '/a'\nmodel_type: OTHER",
            [("TRT408", 3, "ModelServerConfig::model_type choice 2 not supported.")],
        ),
        (
            "name: 'a' base_path: '/a'",
            [
                (
                    "TRT419",
                    1,
                    "Illegal setting neither ModelServerConfig::model_type (deprecated) nor"
                    " ModelServerConfig::model_platform.",
                )
            ],
        ),
        (
            "name: 'a' base_path: '/a' model_platform: 'tensorflow'\nmodel_type: TENSORFLOW",
            [
                (
                    "TRT419",
                    3,
                    "Illegal setting both ModelServerConfig::model_type (deprecated) and"
                    " ModelServerConfig::model_platform.",
                )
            ],
        ),
        (
            "name: 'a' base_path: '/a' model_platform: 'tensorflow'\nbatching: true",
            [("TRT419", 3, 'Message type "tensorflow.serving.ModelConfig" has no field named "batching".')],
        ),
        ("name: 'a' base_path: '/a'\nplatform: 'tensorrt_plan'", [("TRT409", 3, "")]),
        ("name: 'a", [("TRT419", 2, "Invalid protobuf file: 'models.config'")]),
    ],
)
def test_what_the_server_refuses(fields: str, expected: list[tuple[str, int, str]]) -> None:
    assert remarks(read(of_model(fields))) == expected


def test_names_are_listed_once() -> None:
    model = "config {\nname: 'a' base_path: '/a' model_platform: 'tensorflow' }"
    reading = read("model_config_list {\n" + model + "\n" + model + "\n}")
    assert remarks(reading) == [("TRT419", 5, "Illegal to list model a multiple times in config list")]
    assert reading.remarks[0].facts["why"] == "model a is listed twice, first at line 3"


def test_another_server_s_file() -> None:
    reading = read("name: 'a'\nplatform: 'tensorrt_plan'\nmax_batch_size: 8\nversion_policy { all {} }")
    (remark,) = reading.remarks
    assert (remark.code, remark.at.line) == ("TRT409", 2)
    assert remark.facts == {
        "words": "platform, max_batch_size, version_policy",
        "file_kind": "models.config",
        "meant": "model_platform",
    }
    assert reading.edges == []


@pytest.mark.parametrize(
    "text", ["custom_model_config {}", "custom_model_config { [type.googleapis.com/c.D] { x: 1 } }"]
)
def test_a_config_of_a_server_of_one_s_own(text: str) -> None:
    assert remarks(read("\n" + text)) == [("TRT419", 2, "ModelServer does not yet support custom model config.")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_refused_and_the_models_are_read(encoding: str, tmp_path: Path) -> None:
    """TextFormat of protobuf 5.28.3 (C++): "Expected identifier, got: \\xef"."""
    path = tmp_path / "models.config"
    path.write_bytes(of_model("name: 'a' base_path: '/a' model_platform: 'tensorflow'").encode(encoding))
    reading = files.read(str(path), Tree([str(tmp_path)]))
    assert reading is not None
    assert remarks(reading) == [("TRT419", 1, f"Invalid protobuf file: '{path}'")]
    assert "byte order mark" in reading.remarks[0].facts["why"]
    assert [edge.model for edge in reading.edges] == ["a"]


def test_other_platforms_may_be_configured() -> None:
    config = models_config.parse(of_model("name: 'a' base_path: '/a' model_platform: 'mine'"), "m", platforms=True)
    assert config.remarks == []


def test_a_text_inside_of_another_file() -> None:
    config = models_config.parse(of_model("name: 'a'\nbase_path: 'a' model_type: 1"), "deployment.yaml", first=10)
    assert [(each.at.path, each.at.line) for each in config.remarks] == [("deployment.yaml", 12)]
    assert config.models[0].name.at.line == 11


def test_our_own_bounds_are_notes() -> None:
    reading = read("model_config_list { config { name: 'a' base_path: '/a' " + "x {" * 200)
    assert [each.code for each in reading.remarks] == ["TRT418"]


def test_windows_line_ends() -> None:
    reading = read(of_model("name: 'a'\nbase_path: 'a'\nmodel_type: 1").replace("\n", "\r\n"))
    assert remarks(reading)[0][:2] == ("TRT405", 3)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("model_config_list {}", True), ("custom_model_config {}", True), ("platform: 'x'", False), ("", False)],
)
def test_which_texts_are_one(text: str, is_one: bool) -> None:
    assert models_config.matters(text) is is_one


@given(
    st.lists(
        st.sampled_from("model_config_list { } config : name 'a' base_path '/a' [ ] , \n # x {{ 1".split(" ")),
        max_size=25,
    )
)
@settings(max_examples=300, deadline=None)
def test_no_text_is_too_much(words: list[str]) -> None:
    read(" ".join(words))

"""Model repositories and base paths: which versions and which files the servers see."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_trt.artifacts.archives.archive import of_source
from pytest_trt.artifacts.versions import version_of, version_of_triton
from pytest_trt.artifacts.wire import Memory
from pytest_trt.deploy import repository
from pytest_trt.deploy.repository import ModelConfig
from pytest_trt.deploy.tree import Tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Make = Callable[..., Tree]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """make(name=text or None, ...): files below the working directory, None for a folder; what is there then."""
    monkeypatch.chdir(tmp_path)

    def made(files: dict[str, str | None]) -> Tree:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.mkdir(exist_ok=True)
            else:
                path.write_text(text)
        return Tree(["."])

    return made


def only(tree: Tree, folder: str = "r") -> ModelConfig:
    (model,) = repository.models(folder, tree)
    return model


@pytest.mark.parametrize(
    ("policy", "served"),
    [
        (("latest", 1), ["12"]),
        (("latest", 2), ["12", "7"]),
        (("latest", 0), ["12"]),
        (("all",), ["12", "7", "0003", "-1"]),
        (("specific", 3, 7, 8), ["7", "0003"]),
        (("specific",), []),
    ],
)
def test_versions(make: Make, policy: tuple[str | int, ...], served: list[str]) -> None:
    names = ("7", "12", "0003", "+7", "-1", "v2", "1.0", "README.md", "99999999999999999999", "٣")
    tree = make({f"m/{name}": None for name in names})
    assert repository.versions("m", tree, policy) == [f"m/{name}" for name in served]
    assert repository.ignored("m", tree) == sorted(["+7", "v2", "1.0", "README.md", "99999999999999999999", "٣"])


def test_of_two_names_of_one_version_the_plain_one_counts(make: Make) -> None:
    tree = make({"m/001": None, "m/1": None, "m/01": None, "m/002": None, "m/02": None})
    assert repository.versions("m", tree, ("all",)) == ["m/02", "m/1"]
    assert repository.ignored("m", tree) == ["001", "002", "01"]


def test_no_versions(make: Make) -> None:
    tree = make({"m/x": "", "file": ""})
    assert (
        repository.versions("m", tree) == repository.versions("none", tree) == repository.versions("file", tree) == []
    )


def test_base_path_that_is_here(make: Make) -> None:
    assert repository.versions(".", make({"1": None})) == ["1"]


@given(st.text("0123456789+-. v", max_size=24))
def test_names_of_versions(name: str) -> None:
    number = version_of(name)
    assert number is None or -(2**63) <= number < 2**63 and int(name) == number
    triton = version_of_triton(name)
    assert triton is None or str(triton) == name and triton == number and triton >= 0


def test_digits_without_end() -> None:
    """Long names cost nothing (int() of 5,000 digits raises) and leading zeros are no digits."""
    assert version_of("9" * 5000) is None and version_of("0" * 5000 + "7") == 7 and version_of("-" + "9" * 19) is None
    assert version_of_triton("9" * 5000) is None and version_of_triton("0") == 0 and version_of("") is None


# What lies in version folder 1 (a name that ends in / is a folder) -> platform, backend, default file.
COMPLETED = {
    "model.plan": ("tensorrt_plan", "tensorrt", "model.plan"),
    "model.savedmodel/": ("tensorflow_savedmodel", "tensorflow", "model.savedmodel"),
    "model.graphdef": ("tensorflow_graphdef", "tensorflow", "model.graphdef"),
    "model.savedmodel/ model.graphdef": ("tensorflow_graphdef", "tensorflow", "model.graphdef"),
    "model.graphdef model.plan": ("tensorflow_graphdef", "tensorflow", "model.graphdef"),
    "model.plan model.onnx": ("tensorrt_plan", "tensorrt", "model.plan"),
    "model.onnx": ("onnxruntime_onnx", "onnxruntime", "model.onnx"),
    "model.onnx/": ("onnxruntime_onnx", "onnxruntime", "model.onnx"),
    "model.xml": ("", "openvino", "model.xml"),
    "model.pt": ("pytorch_libtorch", "pytorch", "model.pt"),
    "model.py": ("", "python", "model.py"),
    "model.savedmodel": ("", "", ""),
    "model.plan/": ("", "", ""),
    "else": ("", "", ""),
}


@pytest.mark.parametrize("inside", COMPLETED)
def test_a_model_without_config(make: Make, inside: str) -> None:
    """In AutoCompleteBackendFields's order."""
    files = {f"r/m/1/{name.rstrip('/')}": None if name.endswith("/") else "" for name in inside.split()}
    model = only(make(dict(files)))
    assert (model.platform, model.backend, model.default_file) == COMPLETED[inside]
    assert model.config is None and model.completed is bool(model.backend) and model.name == "m"
    found = repository.artifacts(model)
    assert found == ([(f"r/m/1/{model.default_file}", 1, None)] if model.default_file else [])


def test_the_name_may_say_the_backend(make: Make) -> None:
    model = only(make({"r/x.mine/1/file": ""}))
    assert (model.backend, model.platform, model.default_file) == ("mine", "", "")


def test_from_the_first_dot_on(make: Make) -> None:
    assert only(make({"r/x.v1.mine/1/file": ""})).backend == "v1.mine"


def test_the_first_version_as_text_decides(make: Make) -> None:
    """10 comes before 9, and what is served is the highest."""
    model = only(make({"r/m/9/model.onnx": "", "r/m/10/model.plan": ""}))
    assert model.platform == "tensorrt_plan"
    assert repository.artifacts(model) == [("r/m/10/model.plan", 10, None)]


def test_which_folders_are_models(make: Make) -> None:
    tree = make({
        "r/a/config.pbtxt": "", "r/b/1/model.plan": "", "r/c/readme": "", "r/d/01/model.plan": "", "r/config.pbtxt": "",
        "r/e/0/model.plan": "", "r/f": None,
    })  # fmt: skip
    assert [model.name for model in repository.models("r", tree)] == ["a", "b", "e"]
    assert repository.model("r/c", tree) is None and repository.models("none", tree) == []


CONFIG = """
name: "m" platform: "tensorrt_plan" default_model_filename: "net.plan"
cc_model_filenames [ { key: "7.5" value: "t4.plan" }, { key: "8.9" value: "l4.plan" } ]
version_policy: { specific { versions: [1, 3] } }
instance_group [ { kind: KIND_GPU } ]
model_warmup [ { name: "w" } ]
parameters { key: "A" value: { string_value: "b" } }
"""


def test_what_a_config_says(make: Make) -> None:
    files: dict[str, str | None] = {"r/m/config.pbtxt": CONFIG}
    for version in ("1", "2", "3", "03"):
        files |= {f"r/m/{version}/{name}": "" for name in ("t4.plan", "l4.plan")}
    model = only(make(files))
    assert (model.platform, model.backend, model.filename, model.policy) == (
        "tensorrt_plan", "tensorrt", "net.plan", ("specific", 1, 3),
    )  # fmt: skip
    assert model.filenames == {"7.5": ("t4.plan", 3), "8.9": ("l4.plan", 3)}
    assert (model.kinds, model.warmup, model.parameters) == (["KIND_GPU"], True, {"A": "b"})
    assert repository.artifacts(model) == [
        (f"r/m/{version}/{name}.plan", version, capability)
        for version in (3, 1)
        for name, capability in (("t4", "7.5"), ("l4", "8.9"))
    ]
    assert str(model.at("nothing", "cc_model_filenames").trail) == "(('line', '3'),)"


def test_files_of_gpus_are_not_for_the_cpu(make: Make) -> None:
    text = CONFIG.replace("KIND_GPU", "KIND_CPU")
    model = only(make({"r/m/config.pbtxt": text, "r/m/1/net.plan": "", "r/m/1/t4.plan": ""}))
    assert repository.artifacts(model) == [("r/m/1/net.plan", 1, None)]


def test_the_default_beside_files_of_gpus(make: Make) -> None:
    """It serves every GPU that has no file of its own, where it is there."""
    model = only(make({"r/m/config.pbtxt": CONFIG, "r/m/1/net.plan": "", "r/m/1/t4.plan": ""}))
    assert [path for path, _, _ in repository.artifacts(model)] == [
        "r/m/1/t4.plan", "r/m/1/l4.plan", "r/m/1/net.plan",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("", ("latest", 1)),
        ("version_policy { latest { num_versions: 2 } }", ("latest", 2)),
        ("version_policy { latest { } }", ("latest", 1)),
        ("version_policy: { all { } }", ("all",)),
        ("version_policy { specific { versions: 4 versions: 5 } }", ("specific", 4, 5)),
        ("version_policy { }", ("latest", 1)),
    ],
)
def test_policies(make: Make, text: str, policy: tuple[str | int, ...]) -> None:
    assert only(make({"r/m/config.pbtxt": text})).policy == policy


def test_an_ensemble_has_no_files(make: Make) -> None:
    text = 'platform: "ensemble" ensemble_scheduling { step [ { model_name: "a" }, { model_name: "b" } ] }'
    model = only(make({"r/e/config.pbtxt": text, "r/e/1": None}))
    assert model.steps == ["a", "b"] and repository.artifacts(model) == []


def test_a_broken_config_says_nothing(make: Make) -> None:
    model = only(make({"r/m/config.pbtxt": 'name: "x', "r/m/1/model.plan": ""}))
    assert (model.name, model.platform) == ("m", "tensorrt_plan")


def test_links_out_of_the_tree(make: Make, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "1").mkdir()
    (outside / "1" / "model.plan").write_text("")
    tree = make({"r": None, ".git": None})
    os.symlink(outside, "r/m")
    assert repository.models("r", tree) == [] and repository.versions("r/m", tree) == []


def test_a_repository_in_an_archive() -> None:
    """models_in takes a folder wherever it lies."""
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("m/config.pbtxt", 'backend: "tensorrt"')
        file.writestr("m/2/model.plan", "x")
    archive = of_source(Memory(out.getvalue(), "r.zip"))
    (model,) = repository.models_in("r.zip!", archive.root())
    assert (model.path, model.platform, model.config) == ("r.zip!/m", "tensorrt_plan", "r.zip!/m/config.pbtxt")
    assert repository.artifacts(model) == [("r.zip!/m/2/model.plan", 2, None)]


def test_a_model_folder_that_is_here(make: Make, tmp_path: Path) -> None:
    tree = make({"config.pbtxt": 'platform: "tensorrt_plan"', "1/model.plan": ""})
    model = repository.model(".", tree)
    assert model is not None and model.name == tmp_path.name
    assert repository.artifacts(model) == [("1/model.plan", 1, None)]
    assert model.inside("1/model.plan") == "1/model.plan"

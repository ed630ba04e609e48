"""model.tar.gz: what SageMaker finds in it, and what it does not."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from pytest_trt.artifacts.archives import unpack
from pytest_trt.deploy.edge import ARTIFACT, TENSORFLOW_SERVING, TRITON
from pytest_trt.deploy.readers.sagemaker import is_model_archive, read
from pytest_trt.deploy.reading import Reading
from pytest_trt.deploy.tree import Tree


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def pack(*names: str, path: str = "model.tar.gz", **texts: str) -> str:
    """A tar.gz of files with a little in them; a name that ends in / is a folder. texts: name -> what is in it."""
    with tarfile.open(path, "w:gz") as file:
        for name in (*names, *texts):
            info = tarfile.TarInfo(name)
            data = texts.get(name, "x").encode()
            if name.endswith("/"):
                info.type, data = tarfile.DIRTYPE, b""
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return path


def of(*names: str, **texts: str) -> Reading:
    reading = read(pack(*names, **texts), Tree(["."]))
    assert reading is not None
    return reading


def served(reading: Reading) -> list[tuple[str | None, str, str | None]]:
    return [(edge.model, edge.paths[0].partition("!/")[2], edge.inside) for edge in reading.edges]


LAYOUTS = {
    ("export/Servo/1/saved_model.pb",): [("Servo", "export/Servo/1", "/opt/ml/model/export/Servo")],
    ("model1/1/saved_model.pb",): [("model1", "model1/1", "/opt/ml/model/model1")],
    ("1/saved_model.pb",): [("model", "1", "/opt/ml/model")],
    ("./00000123/saved_model.pb",): [("model", "00000123", "/opt/ml/model")],
    ("m/1/saved_model.pb", "m/3/saved_model.pb", "m/10/saved_model.pb"): [
        ("m", "m/1", "/opt/ml/model/m"), ("m", "m/3", "/opt/ml/model/m"), ("m", "m/10", "/opt/ml/model/m"),
    ],
    ("m/1/saved_model.pb", "m/2/variables/variables.index"): [
        ("m", "m/1", "/opt/ml/model/m"), ("m", "m/2", "/opt/ml/model/m"),
    ],
    ("a/1/saved_model.pb", "b/1/saved_model.pb", "code/inference.py", "code/requirements.txt"): [
        ("a", "a/1", "/opt/ml/model/a"), ("b", "b/1", "/opt/ml/model/b"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("names", LAYOUTS)
def test_bases(names: tuple[str, ...]) -> None:
    reading = of(*names)
    assert reading.kind == "sagemaker" and reading.remarks == [] and served(reading) == LAYOUTS[names]
    for edge in reading.edges:
        assert edge.shape == ARTIFACT and edge.server.family == TENSORFLOW_SERVING
        assert edge.server.image.text is None and edge.server.image.why
        assert edge.paths[0].startswith("model.tar.gz!/") and edge.at.path == "model.tar.gz"


def test_every_version_is_served_and_one_model_answers_by_default() -> None:
    reading = of("a/1/saved_model.pb", "a/002/saved_model.pb", "b/1/saved_model.pb")
    assert reading.edges[0].versions == ("specific", 1, 2)
    assert "SAGEMAKER_TFS_DEFAULT_MODEL_NAME" in reading.edges[0].why[1][1]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (("saved_model.pb", "variables/variables.index"), "saved_model.pb lies at its root"),
        (("export/saved_model.pb",), "lies in 'export', which is no number"),
        (("v1/saved_model.pb",), "lies in 'v1', which is no number"),
        (("1/saved_model.pbtxt",), "1/saved_model.pbtxt is not looked for"),
    ],
)
def test_nothing_is_found(names: tuple[str, ...], why: str) -> None:
    reading = of(*names)
    (remark,) = reading.remarks
    assert (remark.code, reading.edges) == ("TRT421", [])
    assert why in remark.facts["why"] and remark.facts["message"] == "no SavedModel bundles found!"
    assert remark.at.path == "model.tar.gz" and remark.also[0][0].path.startswith("model.tar.gz!/")


def test_two_models_of_one_name() -> None:
    reading = of("x/m/1/saved_model.pb", "y/m/1/saved_model.pb")
    (remark,) = reading.remarks
    assert remark.code == "TRT421" and "x/m and y/m" in remark.facts["why"]
    assert remark.facts["message"] == "Illegal to list model m multiple times in config list"
    assert len(reading.edges) == 2


def test_triton() -> None:
    config = 'name: "m"\nplatform: "tensorrt_plan"\n'
    reading = of("m/1/model.plan", **{"m/config.pbtxt": config})
    (edge,) = reading.edges
    assert reading.remarks == [] and edge.server.family == TRITON
    assert edge.paths == ("model.tar.gz!/m/1/model.plan",)
    assert edge.at.path == "model.tar.gz!/m/config.pbtxt" and edge.at.line == 2
    assert [model.platform for model in reading.repositories] == ["tensorrt_plan"]


def test_what_triton_refuses_inside() -> None:
    config = 'platform: "tensorrt_plan"\ndefault_model_filename: "net.plan"\n'
    (remark,) = of("m/1/model.plan", **{"m/config.pbtxt": config}).remarks
    assert (remark.code, remark.facts["file"], remark.at.line) == ("TRT417", "1/net.plan", 2)
    (remark,) = of("m/1/model.plan", **{"m/config.pbtxt": 'platform: "x"'}).remarks
    assert remark.code == "TRT419" and remark.at.path == "model.tar.gz!/m/config.pbtxt"


def test_a_config_at_the_root() -> None:
    (remark,) = of("1/model.plan", **{"config.pbtxt": 'platform: "tensorrt_plan"'}).remarks
    assert remark.code == "TRT421" and remark.at.path == "model.tar.gz!/config.pbtxt"
    assert remark.facts["message"] == "Model directory needs to contain the top level folder"


def test_savedmodels_of_triton_are_not_tensorflow_servings() -> None:
    config = 'platform: "tensorflow_savedmodel"'
    reading = of("m/1/model.savedmodel/saved_model.pb", **{"m/config.pbtxt": config})
    assert [edge.server.family for edge in reading.edges] == [TRITON] and reading.remarks == []


@pytest.mark.parametrize("names", [("model.pth", "code/inference.py"), ("a.json",), ("1/",), ()])
def test_models_of_others(names: tuple[str, ...]) -> None:
    assert names == () or read(pack(*names), Tree(["."])) is None


def test_names() -> None:
    assert is_model_archive("a/model.tar.gz") and not is_model_archive("a/model.tgz")
    path = pack("saved_model.pb", path="export.tar.gz")
    assert read(path, Tree(["."])) is None, "nobody says that it is SageMaker's"
    reading = read(path, Tree(["."]), certain=True)
    assert reading is not None and [remark.code for remark in reading.remarks] == ["TRT421"]
    assert read("none/model.tar.gz", Tree(["."])) is None


def broken(data: bytes) -> list[tuple[str, str]]:
    Path("model.tar.gz").write_bytes(data)
    reading = read("model.tar.gz", Tree(["."]))
    assert reading is not None and reading.edges == []
    assert all(remark.at.path == "model.tar.gz" for remark in reading.remarks)
    return [(remark.code, remark.facts["why"]) for remark in reading.remarks]


def test_broken_archives() -> None:
    pack("1/saved_model.pb", **{"1/variables/x": "y" * 5000})
    whole = Path("model.tar.gz").read_bytes()
    for data, why in (
        (b"", "an empty file"),
        (b"not gzip at all", "does not begin as gzip"),
        (whole[: len(whole) // 2], "cut"),
        (whole[:-4], "cut"),
        (gzip.compress(b"no tar " * 300), "not a tar file"),
        (whole[:-8] + bytes(8), "not sound as gzip"),
    ):
        ((code, said),) = broken(data)
        assert code == "TRT420" and why in said


def test_a_bomb_is_not_called_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What our bound ends is told as TRT903 where the archive is walked, and nothing is claimed here."""
    monkeypatch.setattr(unpack, "UNPACKED_LIMIT", 2000)
    pack("1/saved_model.pb", **{"1/assets/x": "y" * 5000})
    assert broken(Path("model.tar.gz").read_bytes()) == []


def test_names_that_lead_outside() -> None:
    reading = of("../1/saved_model.pb", "/2/saved_model.pb", "3/saved_model.pb")
    (remark,) = reading.remarks
    assert remark.code == "TRT420" and "../1/saved_model.pb, /2/saved_model.pb" in remark.facts["why"]
    assert served(reading) == [("model", "3", "/opt/ml/model")]


def test_hostile_version_names() -> None:
    reading = of("9" * 3000 + "/saved_model.pb", "٣/saved_model.pb", "1/saved_model.pb")
    assert served(reading) == [("model", "1", "/opt/ml/model")]


def test_links_out_of_the_tree(tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside") / "model.tar.gz"
    pack("1/saved_model.pb", path=str(outside))
    os.mkdir(".git")
    os.symlink(outside, "model.tar.gz")
    assert read("model.tar.gz", Tree(["."])) is None

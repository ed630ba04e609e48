"""Configuration: where it is found, targets that it defines, what its errors say."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_trt.lint.config import ConfigError, custom_targets, find

IMAGE = 'image = "tensorflow/serving:2.17.1-gpu"\n'


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestFind:
    def test_none(self) -> None:
        assert find() is None
        assert custom_targets() == {}

    def test_upward_and_nearest_first(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (here / "trt-lint.toml").write_text("")
        inner = here / "a" / "b"
        inner.mkdir(parents=True)
        monkeypatch.chdir(inner)
        assert find() == str(here / "trt-lint.toml")
        (here / "a" / "pyproject.toml").write_text("[project]\nname='x'\n")
        assert find() == str(here / "trt-lint.toml")
        (here / "a" / "pyproject.toml").write_text("[tool.trt-lint]\n")
        assert find() == str(here / "a" / "pyproject.toml")
        (here / "a" / "trt-lint.toml").write_text("")
        assert find() == str(here / "a" / "trt-lint.toml")

    @pytest.mark.parametrize(
        "text",
        [
            "[tool.trt-lint]",
            "[ tool . 'trt-lint' ]",
            '[tool."trt-lint".targets]',
            "[tool]\ntrt-lint = {}",
            "tool = {trt-lint = {}}",
        ],
    )
    def test_however_it_is_written(self, here: Path, text: str) -> None:
        (here / "pyproject.toml").write_text(text)
        assert find() == str(here / "pyproject.toml")

    def test_a_folder_of_that_name(self, here: Path) -> None:
        (here / "trt-lint.toml").mkdir()
        (here / "pyproject.toml").mkdir()
        assert find() is None


def test_target(here: Path) -> None:
    (here / "pyproject.toml").write_text(
        f'[tool.trt-lint.targets.production]\n{IMAGE}gpu = "sm_80"\ntensorrt = "8.6.1.4"\nextra-ops = ["MyOp"]\n'
    )
    target = custom_targets()["production"]
    assert target.name == "production"
    assert target.version == (2, 17, 1)
    assert (target.gpu, target.capability) == (True, "8.0")
    assert (target.tensorrt, target.tensorrt_ops) == ("8.6.1.4", True)
    assert target.kernels("MyOp") == "+"
    assert target.kernels("AnotherOp") == "."
    assert target.source == "pyproject.toml: tool.trt-lint.targets.production"


def test_own_build_with_tensorrt(here: Path) -> None:
    (here / "trt-lint.toml").write_text(
        '[targets.p]\nimage = "tensorflow/serving:2.19.0-gpu"\nextra-ops = ["TRTEngineOp"]\ntensorrt = "10.0.1"\n'
    )
    target = custom_targets()["p"]
    assert (target.tensorrt, target.tensorrt_ops, target.kernels("TRTEngineOp")) == ("10.0.1", True, "+")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[targets", "trt-lint.toml: is not TOML: "),
        ("targts = 1", "trt-lint.toml: targts is not known; did you mean targets?"),
        ("frobnicate = 1", "trt-lint.toml: frobnicate is not known; the keys are targets"),
        ("targets = 1", "trt-lint.toml: targets must be a table"),
        ("[targets]\np = 1", "trt-lint.toml: targets.p: must be a table with at least image ="),
        ("[targets.p]", "targets.p.image: must name the image"),
        ("[targets.p]\nimage = 2", "targets.p.image: must name the image"),
        ('[targets.p]\nimage = "nginx"', "targets.p.image: target 'nginx' is not known"),
        (
            '[targets.p]\nimage = "tensorflow/serving:9.9.9"',
            "targets.p.image: target 'tensorflow/serving:9.9.9': there is no",
        ),
        (f"[targets.p]\n{IMAGE}extra_ops = []", "targets.p.extra_ops is not known; did you mean targets.p.extra-ops?"),
        (f"[targets.p]\n{IMAGE}extra-ops = 'x'", "targets.p.extra-ops: must be a list of op names"),
        (f"[targets.p]\n{IMAGE}gpu = 80", "targets.p.gpu: must be the compute capability"),
        (f"[targets.p]\n{IMAGE}gpu = 'A100'", "targets.p.gpu: "),
        (
            "[targets.p]\nimage = 'tensorflow/serving:2.17.1'\ngpu = 'sm_80'",
            "targets.p.gpu: tensorflow/serving:2.17.1 is a CPU image",
        ),
        (f"[targets.p]\n{IMAGE}tensorrt = 8.6", "targets.p.tensorrt: must be a version in quotes"),
        (
            "[targets.p]\nimage = 'tensorflow/serving:2.18.0-gpu'\ntensorrt = '8.6.1.6'",
            "targets.p.tensorrt: the server of tensorflow/serving:2.18.0-gpu has no TensorRT ops, whatever",
        ),
    ],
)
def test_errors_name_file_key_and_cure(here: Path, text: str, line: str) -> None:
    (here / "trt-lint.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        custom_targets()
    assert str(caught.value).startswith("trt-lint.toml: ")
    assert line in str(caught.value)


def test_not_utf8(here: Path) -> None:
    (here / "trt-lint.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigError, match="is not TOML"):
        custom_targets()


def test_pyproject_with_tool_of_another_shape(here: Path) -> None:
    (here / "pyproject.toml").write_text("[tool]\ntrt-lint = 1\n")
    with pytest.raises(ConfigError, match="tool.trt-lint must be a table"):
        custom_targets()

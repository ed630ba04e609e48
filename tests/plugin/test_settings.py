"""Options: the command line goes before the environment, which goes before ini files; what is wrong is one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from suites import Suite

from pytest_trt.plugin import OPTIONS
from pytest_trt.suite.settings import size

SHOW = """
def test_show(pytestconfig):
    from pytest_trt.suite import settings
    print()
    for name, value in vars(settings.of(pytestconfig)).items():
        print(f"<{name}={value}>")
"""
INI = {
    "cache_dir": "ini-cache",
    "cache_read_only": "true",
    "cache_size": "1GiB",
    "build_timeout": "1.5",
    "allow_native_code": "yes",
    "backend": "tensorrt",
    "cuda": "pycuda",
    "device": "1",
    "require_gpu": "1",
    "evidence": "ini-evidence",
    "seed": "11",
}
VARIABLES = {
    "cache_dir": "~/env-cache",
    "cache_read_only": "false",
    "cache_size": "2 GB",
    "build_timeout": "20",
    "allow_native_code": "off",
    "backend": "TensorRT-RTX",
    "cuda": "cuda_core",
    "device": "2",
    "require_gpu": "no",
    "evidence": "/env/evidence",
    "seed": "22",
}
WORDS = [
    "--trt-cache-dir=cli-cache",
    "--trt-cache-read-only",
    "--trt-cache-size=300MiB",
    "--trt-build-timeout=30",
    "--trt-allow-native-code",
    "--trt-backend=auto",
    "--trt-cuda=auto",
    "--trt-device=3",
    "--trt-require-gpu",
    "--trt-evidence=cli-evidence",
    "--trt-seed=33",
    "--trt-update-goldens",
]


def shown(suite: Suite, *words: str, env: dict[str, str] | None = None) -> dict[str, str]:
    (suite.folder / "sub").mkdir(exist_ok=True)
    suite.write(test_show=SHOW)
    out = suite.run("-s", "-q", "test_show.py", *words, env=env, code=0).out
    lines = [line[1:-1].partition("=") for line in out.splitlines() if line.startswith("<")]
    return {name: value for name, _, value in lines}


def test_defaults(suite: Suite) -> None:
    found = shown(suite)
    assert found == {
        "cache_dir": "None",
        "cache_read_only": "False",
        "cache_size": str(20 * 2**30),
        "build_timeout": "1800.0",
        "allow_native_code": "False",
        "backend": "auto",
        "cuda": "auto",
        "device": "0",
        "require_gpu": "False",
        "evidence": "None",
        "seed": "0",
        "lint": "False",
        "update_goldens": "False",
    }


def test_order(suite: Suite) -> None:
    suite.write(ini="\n".join(f"trt_{name} = {value}" for name, value in INI.items()))
    env = {f"PYTEST_TRT_{name.upper()}": value for name, value in VARIABLES.items()}
    by_ini = shown(suite)
    assert by_ini["cache_dir"] == str(suite.folder / "ini-cache")
    assert by_ini["evidence"] == str(suite.folder / "ini-evidence")
    assert (by_ini["cache_size"], by_ini["build_timeout"], by_ini["seed"]) == (str(2**30), "1.5", "11")
    assert (by_ini["backend"], by_ini["cuda"], by_ini["device"]) == ("tensorrt", "pycuda", "1")
    assert [by_ini[name] for name in ("cache_read_only", "allow_native_code", "require_gpu")] == ["True"] * 3
    by_variable = shown(suite, env=env)
    assert by_variable["cache_dir"] == str(suite.home / "env-cache")
    assert by_variable["evidence"] == "/env/evidence"
    assert (by_variable["cache_size"], by_variable["build_timeout"], by_variable["seed"]) == (
        "2000000000",
        "20.0",
        "22",
    )
    assert (by_variable["backend"], by_variable["cuda"], by_variable["device"]) == ("tensorrt_rtx", "cuda-core", "2")
    assert [by_variable[name] for name in ("cache_read_only", "allow_native_code", "require_gpu")] == ["False"] * 3
    by_word = shown(suite, *WORDS, env=env)
    assert by_word["cache_dir"] == str(suite.folder / "cli-cache")
    assert (by_word["cache_size"], by_word["build_timeout"], by_word["seed"]) == (str(300 * 2**20), "30.0", "33")
    assert (by_word["backend"], by_word["cuda"], by_word["device"]) == ("auto", "auto", "3")
    names = ("cache_read_only", "allow_native_code", "require_gpu", "update_goldens")
    assert [by_word[name] for name in names] == ["True"] * 4


def test_all_options_are_tested() -> None:
    assert {name.replace("-", "_") for name, _, _ in OPTIONS} - {"lint"} == set(INI) == set(VARIABLES)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("--trt-cache-size=20 apples", "--trt-cache-size: '20 apples' is no size; write it as 20GiB or 500MB"),
        ("--trt-build-timeout=nan", "--trt-build-timeout: 'nan' is no number of seconds; write it as 600"),
        ("--trt-build-timeout=0", "--trt-build-timeout: '0' is no number of seconds; write it as 600"),
        ("--trt-backend=tf", "--trt-backend: there is no 'tf'; use auto, tensorrt or tensorrt_rtx"),
        ("--trt-cuda=cupy", "--trt-cuda: there is no 'cupy'; use auto, pycuda or cuda-core"),
        ("--trt-device=-1", "--trt-device: '-1' is no whole number from 0 up"),
        ("--trt-seed=x", "--trt-seed: 'x' is no whole number from 0 up"),
    ],
)
def test_bad_word(suite: Suite, word: str, text: str) -> None:
    run = suite.run(word, code=4)
    assert run.err.strip() == f"ERROR: {text}"


def test_bad_variable(suite: Suite) -> None:
    run = suite.run(env={"PYTEST_TRT_REQUIRE_GPU": "maybe"}, code=4)
    assert run.err.strip() == "ERROR: PYTEST_TRT_REQUIRE_GPU: 'maybe' is neither true nor false"


def test_bad_ini(suite: Suite) -> None:
    suite.write(ini="trt_seed = many")
    assert suite.run(code=4).err.strip() == "ERROR: trt_seed in pytest.ini: 'many' is no whole number from 0 up"


@pytest.mark.parametrize("name", ["trt_require_gpu", "trt_gpu_per_worker"])
def test_bad_switch_in_ini(suite: Suite, name: str) -> None:
    suite.write(ini=f"{name} = perhaps")
    run = suite.run(code=4)
    assert "ERROR: " in run.err
    assert name in run.err
    assert "perhaps" in run.err
    assert "Traceback" not in run.err


@pytest.mark.parametrize(
    ("text", "count"),
    [("20GiB", 20 * 2**30), ("500 MB", 500 * 10**6), ("1.5g", 15 * 10**8), ("7", 7), ("0B", 0), ("2Ti", 2**41)],
)
def test_size(text: str, count: int) -> None:
    assert size(text) == count


@pytest.mark.parametrize("text", ["", "GiB", "-1", "1e3", "1 PB", "0x10", "1 2", "١"])
def test_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        size(text)


def test_relative_to_the_ini_file(suite: Suite) -> None:
    suite.write(ini="trt_cache_dir = kept", test_show=SHOW)
    (suite.folder / "sub").mkdir()
    out = suite.run("-s", "-q", "--rootdir=.", "sub/../test_show.py", code=0).out
    assert f"<cache_dir={Path(suite.folder, 'kept')}>" in out


def test_a_list_in_a_toml_file(suite: Suite) -> None:
    suite.write(test_x=SHOW)
    (suite.folder / "pyproject.toml").write_text('[tool.pytest.ini_options]\ntrt_cache_dir = ["a", "b"]\n')
    said = suite.run(code=4).err.strip().splitlines()[-1].strip()
    assert said == "ERROR: trt_cache_dir in pyproject.toml: ['a', 'b'] is no text; write one value, in quotes"

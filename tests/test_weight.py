"""What a run of trt-lint on a small model imports: the standard library's light parts and nothing else.

And what the plugin adds to pytest's own modules: itself. tests/plugin/test_unused.py sees that in whole runs.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data" / "oracle"

# Never, whatever the format.
FOREIGN = (
    "numpy google tensorflow tensorrt tensorrt_rtx pycuda cuda onnx onnxruntime tf2onnx ml_dtypes"
    " pytest _pytest pluggy yaml fsspec importlib.metadata pkg_resources"
    " pytest_trt.errors pytest_trt.engines pytest_trt.equivalence pytest_trt.evidence pytest_trt.suite"
    " pytest_trt.plugin"
)
# Not for text: each costs as much as half a `python -c pass`, or more.
HEAVY = (
    "dataclasses typing inspect pathlib tomllib tomli json rich hashlib subprocess logging shutil tempfile difflib"
    " asyncio concurrent ast tokenize datetime decimal random urllib fnmatch glob textwrap unittest zipfile"
)
# Rooms of a configuration, which nobody enters without one.
CONFIGURATION = {"allowances", "baseline", "globs", "keys", "packs", "review", "testing", "toml"}
PROGRAM = """
import sys
from pytest_trt.cli.main import main
code = main(sys.argv[1:])
sys.stderr.write(" ".join(["", *sys.modules, ""]))
sys.exit(code)
"""


def modules(*words: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> set[str]:
    """What sys.modules holds at the end, without the modules that this environment loads into any Python."""
    before = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    ).stdout.split()
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, timeout=60, env=env, cwd=cwd
    )
    assert run.returncode in (0, 1), run.stderr
    return set(run.stderr.split()) - set(before)


def held(found: set[str], names: str) -> set[str]:
    """Which of these modules, or modules below them, are there."""
    return {name for name in names.split() for module in found if module == name or module.startswith(f"{name}.")}


@pytest.mark.parametrize("model", ["c00_v1_clean", "c06_v2_uncalled_func", "c02_v1_main_onpath"])
@pytest.mark.parametrize("format_", ["text", "concise"])
def test_light(model: str, format_: str, tmp_path: Path) -> None:
    found = modules(str(DATA / model), "--output-format", format_, cwd=tmp_path)
    assert held(found, FOREIGN) == set()
    assert held(found, HEAVY) == set()


def test_json_adds_json(tmp_path: Path) -> None:
    found = modules(str(DATA / "c02_v1_main_onpath"), "--output-format", "json", cwd=tmp_path)
    assert held(found, FOREIGN) == set()
    assert held(found, HEAVY) <= {"json", "hashlib"}


@pytest.mark.parametrize(
    ("format_", "adds"),
    [
        ("sarif", "json hashlib inspect"),
        ("github", ""),
        ("gitlab", "json hashlib"),
        ("junit", ""),
        ("markdown", ""),
    ],
)
def test_what_a_format_adds(format_: str, adds: str, tmp_path: Path) -> None:
    model = str(DATA / "c02_v1_main_onpath")
    plain = modules(model, cwd=tmp_path)
    found = modules(model, "--output", format_, cwd=tmp_path)
    ours = {f"pytest_trt.lint.report.{name}" for name in "sarif github gitlab junit markdown json concise text".split()}
    assert found & ours == {f"pytest_trt.lint.report.{format_}"}
    assert held(found, FOREIGN) == set()
    assert held(found - plain, HEAVY) <= {*adds.split(), "urllib", "dataclasses", "ast", "tokenize"}


def test_rich_only_when_drawn(tmp_path: Path) -> None:
    found = modules(str(DATA / "c00_v1_clean"), "--color", "always", cwd=tmp_path)
    assert "rich" in found
    assert held(found, FOREIGN) <= {"importlib.metadata"}


def test_toml_only_when_it_mentions_us(tmp_path: Path) -> None:
    model = str(DATA / "c00_v1_clean")
    file = tmp_path / "pyproject.toml"
    file.write_text('[project]\nname = "x"\n[project.scripts]\ntrt-lint = "x:y"\n')
    assert held(modules(model, cwd=tmp_path), "tomllib tomli") == set()
    file.write_text('[tool.trt-lint.targets.p]\nimage = "tensorflow/serving:2.17.1"\n')
    assert held(modules(model, cwd=tmp_path), "tomllib tomli") != set()


def test_what_a_configuration_adds(tmp_path: Path) -> None:
    """The reader of TOML with what it needs, and JSON for a baseline; nothing to say of keys that are right."""
    model = str(DATA / "c00_v1_clean")
    plain = modules(model, cwd=tmp_path)
    (tmp_path / "trt-lint.toml").write_text(
        'target = ["p"]\nexclude = ["x/*"]\nstrict = true\n[targets.p]\nimage = "tensorflow/serving:2.17.1"\n'
        '[severity]\nTRT105 = "error"\n[per-path-ignores]\n"a" = ["TRT1"]\n'
        '[[allow]]\nrule = "TRT105"\npath = "a"\nreason = "r"\nuntil = 2999-01-01\n'
    )
    added = modules(model, cwd=tmp_path) - plain
    assert held(added, FOREIGN) == set()
    assert held(added, HEAVY) <= {"tomllib", "tomli", "typing", "datetime"}
    assert "pytest_trt.lint.baseline" not in added
    assert "pytest_trt.lint.packs" not in added
    assert not {name for name in plain if name.startswith("pytest_trt.lint.") and name.split(".")[2] in CONFIGURATION}


def test_the_package_itself_imports_nothing() -> None:
    assert added_by("sys", "pytest_trt") == {"pytest_trt"}


def test_the_plugin_adds_itself_to_pytest() -> None:
    assert added_by("pytest", "pytest_trt.plugin") == {"pytest_trt", "pytest_trt.plugin"}


def added_by(first: str, then: str) -> set[str]:
    """The modules that one import adds to those of another."""
    program = f"import sys, {first}; before = set(sys.modules); import {then}; print(*(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(run.stdout.split())

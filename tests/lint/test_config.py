"""Configuration: where it is found, what it holds, what its errors say, and what goes before what."""

from __future__ import annotations

import copy
import datetime
import json
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from pytest_trt.lint import keys
from pytest_trt.lint.config import Config, ConfigError, custom_targets, load, nearest, variable
from pytest_trt.lint.globs import Glob
from pytest_trt.lint.runner import selected
from pytest_trt.lint.walk import excluder
from pytest_trt.serving.runtime import Runtime
from pytest_trt.serving.target import Target
from pytest_trt_rules import RULES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

IMAGE = 'image = "tensorflow/serving:2.17.1-gpu"\n'
SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "config-v1.json"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found() -> str | None:
    document = nearest()
    return None if document is None else document.path


class TestNearest:
    def test_none(self) -> None:
        assert found() is None
        assert custom_targets() == {}

    def test_upward_and_nearest_first(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (here / "trt-lint.toml").write_text("")
        inner = here / "a" / "b"
        inner.mkdir(parents=True)
        monkeypatch.chdir(inner)
        assert found() == str(here / "trt-lint.toml")
        (here / "a" / "pyproject.toml").write_text("[project]\nname='x'\n")
        assert found() == str(here / "trt-lint.toml")
        (here / "a" / "pyproject.toml").write_text("[tool.trt-lint]\n")
        assert found() == str(here / "a" / "pyproject.toml")
        (here / "a" / "trt-lint.toml").write_text("")
        assert found() == str(here / "a" / "trt-lint.toml")

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
        assert found() == str(here / "pyproject.toml")

    def test_a_folder_of_that_name(self, here: Path) -> None:
        (here / "trt-lint.toml").mkdir()
        (here / "pyproject.toml").mkdir()
        assert found() is None

    def test_never_below_a_scanned_path(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (here / "models" / "evil").mkdir(parents=True)
        (here / "models" / "evil" / "trt-lint.toml").write_text('ignore = ["TRT1"]')
        (here / "trt-lint.toml").write_text("strict = true")
        assert load(scanned=["models"]).files == ["trt-lint.toml"]
        monkeypatch.chdir(here / "models" / "evil")
        assert load(scanned=["."]).files == ["trt-lint.toml"], "the path itself is where people stand"
        assert load(scanned=[".."]).strict is True
        assert load(scanned=[".."]).selections == []
        (here / "link").symlink_to(here / "models")
        assert load(scanned=[str(here / "link")]).strict is True
        assert load(scanned=["/"]).files == []


class TestTargets:
    def test_server(self, here: Path) -> None:
        (here / "pyproject.toml").write_text(
            f'[tool.trt-lint.targets.production]\n{IMAGE}gpu = "sm_80"\ntensorrt = "8.6.1.4"\nextra-ops = ["MyOp"]\n'
        )
        target = custom_targets()["production"]
        assert isinstance(target, Target)
        assert target.name == "production"
        assert target.version == (2, 17, 1)
        assert (target.gpu, target.capability) == (True, "8.0")
        assert (target.tensorrt, target.tensorrt_ops) == ("8.6.1.4", True)
        assert target.kernels("MyOp") == "+"
        assert target.kernels("AnotherOp") == "."
        assert target.source == "pyproject.toml: tool.trt-lint.targets.production"

    def test_own_build_with_tensorrt(self, here: Path) -> None:
        (here / "trt-lint.toml").write_text(
            '[targets.p]\nimage = "tensorflow/serving:2.19.0-gpu"\nextra-ops = ["TRTEngineOp"]\ntensorrt = "10.0.1"\n'
        )
        target = custom_targets()["p"]
        assert isinstance(target, Target)
        assert (target.tensorrt, target.tensorrt_ops, target.kernels("TRTEngineOp")) == ("10.0.1", True, "+")

    def test_runtime(self, here: Path) -> None:
        (here / "trt-lint.toml").write_text(
            'target = ["jetson"]\n[targets.jetson]\nruntime = "tensorrt:8.6.1"\ngpu = "sm_87"\nos = "linux-aarch64"\n'
        )
        (target,) = load().chosen()
        assert isinstance(target, Runtime)
        assert (target.name, target.version, target.capability) == ("jetson", (8, 6, 1), "8.7")
        assert target.platform == "linux-aarch64"

    def test_chosen(self, here: Path) -> None:
        (here / "trt-lint.toml").write_text(
            f'target = ["p", "tensorflow/serving:2.17.1-gpu,gpu=sm_80"]\n[targets.p]\n{IMAGE}'
        )
        assert [target.name for target in load().chosen()] == ["p", "tensorflow/serving:2.17.1-gpu,gpu=sm_80"]


def refused(text: str, name: str = "trt-lint.toml") -> str:
    """What is said of a file, line breaks of which none may be."""
    Path(name).write_text(text)
    with pytest.raises(ConfigError) as caught:
        config = load()
        config.bind(RULES)
        config.chosen()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("strict = true\n[targets", "trt-lint.toml:2: is not TOML: "),
        ("strict =", "trt-lint.toml:1: is not TOML: Invalid value"),
        ("a = '''\n\n", "trt-lint.toml:3: is not TOML: "),
        ("\n\nstrict = true\nstrict = true", "trt-lint.toml:4: is not TOML: Can"),
        ("x = 2026-02-30", "trt-lint.toml:1: is not TOML: Invalid date or datetime"),
        ("[[allow]]\nuntil = 2026-13-01", "trt-lint.toml:2: is not TOML: "),
        (f"x = {'[' * 5000}", "trt-lint.toml"),
        ("x = " + "9" * 5000, "is not TOML: "),
        ("targts = 1", "trt-lint.toml:1: targts is not known; did you mean targets?"),
        ("\n# a\nextend_select = []", "trt-lint.toml:3: extend_select is not known; did you mean extend-select?"),
        ("frobnicate = 1", "trt-lint.toml:1: frobnicate is not known; the keys are extend, target, "),
        ("allow-rule-packs = ['x']", "so packs are named by --allow-rule-pack or TRT_LINT_ALLOW_RULE_PACK"),
        ("\n[tool.trt-lint]", "trt-lint.toml:2: tool is not known; only in pyproject.toml do the keys stand in a"),
        ("strict = 1", "trt-lint.toml:1: strict: must be true or false"),
        ("output-format = 'xml'", "trt-lint.toml:1: output-format: must be one of text, concise, json"),
        ("output-format = ['text']", "output-format: must be one of text, concise, json"),
        ("output = 'text'", 'output: must be a list of texts, as in ["sarif=out.sarif", "text"]'),
        ("output = []", "trt-lint.toml:1: output: must name a format at least"),
        ("output = [\n  'text',\n  'sarf=x',\n]", "trt-lint.toml:3: output: 'sarf' is no format; did you mean sarif?"),
        ("output = ['text', 'json']", "output: output: text and output: json both go to stdout"),
        ("output = ['text=a', 'json=./a']", "output: output: text=a and output: json=./a name the same file"),
        ("target = 'x'", 'target: must be a list of texts, as in ["tensorflow/serving:2.20.0"]'),
        ("target = ['nginx']", "trt-lint.toml:1: target: target 'nginx' is not known"),
        ("ignore = [\n  'TRT1',\n  1,\n]", "trt-lint.toml:3: ignore: must hold texts"),
        ("ignore = [\n  'TRT1',\n  'TRT999',\n]", "trt-lint.toml:3: ignore: TRT999: no rule has this code"),
        ("select = []", "trt-lint.toml:1: select: must name a rule at least"),
        ("select = ['engine-op-fail-load']", "did you mean engine-op-fails-load?"),
        ("exclude = 'x'", "trt-lint.toml:1: exclude: must be a list of texts"),
        ("severity = 'error'", "trt-lint.toml:1: severity: must be a table, as in [severity] with"),
        ("[severity]\n\nTRT105 = 'off'", "trt-lint.toml:3: severity.TRT105: must be one of error, warning, note;"),
        ("[severity]\nTRT999 = 'error'", "trt-lint.toml:2: severity.TRT999: TRT999: no rule has this code"),
        ("[per-path-ignores]\n'a' = 'TRT1'", "trt-lint.toml:2: per-path-ignores.a: must be a list of texts"),
        ("[per-path-ignores]\n'a' = ['TRT99']", "trt-lint.toml:2: per-path-ignores.a: TRT99: no rule"),
        ("per-path-ignores = ['a']", "per-path-ignores: must be a table"),
        ("baseline = 1", "trt-lint.toml:1: baseline: must be the path of a file"),
        ("baseline = 'gone.json'", "baseline gone.json: there is no such file; write it with --write-baseline"),
        ("extend = 1", "trt-lint.toml:1: extend: must be the path of a file"),
        ("strict = true\nextend = 'gone.toml'", "trt-lint.toml:2: extend: there is no file gone.toml"),
        ("extend = 'a\\u0000b'", "trt-lint.toml:1: extend: there is no file a"),
        ("allow = 1", "trt-lint.toml:1: allow: must be an array of tables, each under [[allow]]"),
        ("allow = [1]", "trt-lint.toml:1: allow: must be a table, as in [[allow]]"),
        ("[[allow]]\npath = 'a'\nreason = 'x'", "trt-lint.toml:1: allow.rule: must name a rule"),
        ("[[allow]]\nrule = 'TRT1'\nreason = 'x'", "trt-lint.toml:1: allow.path: must be a pattern for paths"),
        ("[[allow]]\nrule = 'TRT1'\npath = 'a'", "trt-lint.toml:1: allow.reason: must say why this may stay"),
        ("[[allow]]\nrule = 'TRT1'\npath = 'a'\nreason = ' '", "trt-lint.toml:4: allow.reason: must say why"),
        (
            "[[allow]]\nrule = 'TRT1'\npath = 'a'\nreason = 'x'\nutil = 1",
            "allow.util is not known; did you mean allow.until",
        ),
        (
            "[[allow]]\nrule = 'TRT1'\npath = 'a'\nreason = 'x'\nuntil = '2027-01-01'",
            ":5: allow.until: must be a date with",
        ),
        (
            "[[allow]]\nrule = 'TRT1'\npath = 'a'\nreason = 'x'\nuntil = 2027-01-01T00:00:00",
            "allow.until: must be a date",
        ),
        ("[[allow]]\nrule = 'TRT1'\npath = 'a'\nreason = 'x'\nnode = 1", "allow.node: must be a pattern for names"),
        ("[[allow]]\nrule = 'TRT999'\npath = 'a'\nreason = 'x'", "trt-lint.toml:2: allow.rule: TRT999: no rule has"),
        ("targets = 1", "trt-lint.toml:1: targets: must be a table"),
        ("[targets]\np = 1", "trt-lint.toml:2: targets.p: must be a table with at least image ="),
        ("[targets.p]", "trt-lint.toml:1: targets.p.image: must name the image"),
        ("[targets.p]\nimage = 2", "trt-lint.toml:2: targets.p.image: must name the image"),
        ('[targets.p]\nimage = "nginx"', "targets.p.image: target 'nginx' is not known"),
        ('[targets.p]\nimage = "tensorrt:8.6.1"', 'targets.p.image: is a TensorRT runtime; write runtime = "tensorrt:'),
        (
            '[targets.p]\nimage = "tensorflow/serving:9.9.9"',
            "targets.p.image: target 'tensorflow/serving:9.9.9': there is no",
        ),
        (f"[targets.p]\n{IMAGE}extra_ops = []", "targets.p.extra_ops is not known; did you mean targets.p.extra-ops?"),
        (f"[targets.p]\n{IMAGE}extra-ops = 'x'", "targets.p.extra-ops: must be a list of op names"),
        (f"[targets.p]\n{IMAGE}gpu = 80", "trt-lint.toml:3: targets.p.gpu: must be the compute capability"),
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
        ("[targets.p]\nruntime = 1", "targets.p.runtime: must name a runtime"),
        ("[targets.p]\nruntime = 'tensorrt:x'", "trt-lint.toml:2: targets.p.runtime: target 'tensorrt:x': 'x' is no"),
        ("[targets.p]\nruntime = 'nginx:1'", "targets.p.runtime: must be a product and its version alone"),
        (
            "[targets.p]\nruntime = 'tensorrt:8.6'\nos = 'beos'",
            "trt-lint.toml:3: targets.p.os: target 'tensorrt:8.6,os=",
        ),
        (
            "[targets.p]\nruntime = 'tensorrt:8.6'\ntensorrt = '8'",
            "targets.p.tensorrt is not known; the keys are runtime",
        ),
    ],
)
def test_errors_name_file_line_key_and_cure(text: str, line: str) -> None:
    said = refused(text)
    assert said.startswith(("trt-lint.toml:", "baseline "))
    assert line in said


def test_errors_in_pyproject() -> None:
    text = '[project]\nname = "x"\n\n[tool.trt-lint]\nselct = ["TRT1"]\n'
    assert refused(text, "pyproject.toml") == (
        "pyproject.toml:5: tool.trt-lint.selct is not known; did you mean tool.trt-lint.select?"
    )
    assert refused("[tool]\ntrt-lint = 1\n", "pyproject.toml") == "pyproject.toml:2: tool.trt-lint: must be a table"
    (Path("pyproject.toml")).write_text("[project]\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml: has no table tool\.trt-lint"):
        load("pyproject.toml")


def test_not_utf8(here: Path) -> None:
    (here / "trt-lint.toml").write_bytes(b"\na = '\xff'")
    with pytest.raises(ConfigError, match="trt-lint.toml:2: is not TOML: byte 0xff is not UTF-8"):
        load()


class TestLines:
    """The walk through the text finds every key that the standard library's reader finds."""

    TEXT = r'''
# [comment]
a.b = 1 # "x"
"quoted key" = "not = [a] key \" # "
'literal' = 'C:\'
date = 1979-05-27 07:32:00Z
array = [ # comment ]
    "x]", [1, 2], { y = "}", z.w = [3] },
]
multi = """
[not.a.table]
x = 1 \""" ""
raw = 'a'""""
y = ""

[table . "with dots" ]
inner = {}

[[list]]
one = 1
[list.sub]
two = 2
[[list]]
one = 11
[[list.deep]]
x = 1
[[list.deep]]
x = 2
'''

    def test_all(self) -> None:
        from pytest_trt.lint.toml import Document

        document = Document("x.toml", self.TEXT.encode())
        lines = self.TEXT.split("\n")

        def walk(value: object, path: tuple[str | int, ...]) -> None:
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):  # type: ignore[arg-type]
                document.place((*path, key))
                assert document._places is not None
                if (*path, key) in document._places:
                    line = lines[document.place((*path, key))[0] - 1]
                    assert str(key) in line if isinstance(key, str) else line.strip(), (path, key, line)
                else:
                    assert isinstance(inner, (dict, list)), (path, key)
                if isinstance(inner, (dict, list)):
                    walk(inner, (*path, key))

        walk(document.table, ())
        assert document.place(("list", 1, "deep", 1, "x"))[0] == lines.index("x = 2") + 1
        assert document.place(("list", 0, "sub", "two"))[0] == lines.index("two = 2") + 1
        assert (
            document.place(("array", 2, "z", "w", 0))[0] == lines.index('    "x]", [1, 2], { y = "}", z.w = [3] },') + 1
        )
        assert document.place(("list", 1))[1] == self.TEXT.rindex("[[list]]")
        assert document.place(("no", "such", "key"))[0] == 1

    def test_windows_line_ends_and_letters(self) -> None:
        from pytest_trt.lint.toml import Document

        data = 'a = "\u00e4\u20ac"\r\nb = 1\r\n'.encode()
        assert Document("x.toml", data).place(("b",)) == (2, data.index(b"b ="))


class TestGlob:
    @pytest.mark.parametrize(
        ("pattern", "fits", "not_"),
        [
            ("models/a", ["models/a", "models/a/1/x.pb", "./models/a"], ["models/ab", "x/models/a", "models"]),
            ("models/a/", ["models/a/1"], ["models/ab"]),
            ("./models/a", ["models/a/1"], ["x/models/a"]),
            ("models/*", ["models/a", "models/a/1/x"], ["models", "x/models/a"]),
            ("models/*/saved_model.pb", ["models/a/saved_model.pb"], ["models/a/1/saved_model.pb"]),
            ("models/**/saved_model.pb", ["models/saved_model.pb", "models/a/1/saved_model.pb"], ["saved_model.pb"]),
            ("**/old", ["old/x", "a/b/old"], ["a/older"]),
            ("models/**", ["models/a", "models/a/b"], ["model"]),
            ("*.bak", ["a.bak", "x/y/a.bak/z"], ["a.bakx"]),
            ("old", ["old", "x/old/1"], ["older", "x/older"]),
            ("a/", ["a/b"], ["x/a/b"]),
            ("m[12]", ["m1", "x/m2"], ["m3"]),
            ("m[!12]", ["m3"], ["m1"]),
            ("m[", ["m["], ["m"]),
            ("m?", ["m1"], ["m", "m/"]),
            (".", ["a", "a/b"], []),
            ("a.b", ["a.b"], ["aXb"]),
            ("a\nb", ["x/a\nb"], ["a"]),
        ],
    )
    def test_fits(self, pattern: str, fits: list[str], not_: list[str]) -> None:
        glob = Glob(pattern)
        assert [path for path in fits if not glob.fits(path)] == []
        assert [path for path in not_ if glob.fits(path)] == []

    def test_begins_at_its_folder(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        glob = Glob("models/a", "sub")
        assert glob.fits("sub/models/a/1")
        assert glob.fits(str(here / "sub" / "models" / "a"))
        assert not glob.fits("models/a")
        (here / "sub" / "models").mkdir(parents=True)
        monkeypatch.chdir(here / "sub" / "models")
        assert glob.fits("a/1")
        assert Glob(str(here / "sub" / "*")).fits("../models/a")

    @pytest.mark.parametrize(
        ("pattern", "begins"),
        [("a/b", "a/b"), ("a/*/b", "a"), ("**/b", "."), ("*.pb", "."), ("name", "."), ("a/b*/c", "a"), ("/x/y*", "/x")],
    )
    def test_what_it_lies_below(self, here: Path, pattern: str, begins: str) -> None:
        assert Glob(pattern).begins() == str((here / begins).resolve() if begins != "." else here)

    def test_excluder(self) -> None:
        assert excluder([])(".git")
        assert not excluder([])("old")
        assert excluder(["old"])("models/old")
        assert excluder(["old"])(".venv")
        assert excluder([], ["old"])("models/old")
        config = Config()
        config.exclude = [Glob("a")]
        config.extend_exclude = [Glob("b")]
        chosen = excluder([], [], config)
        assert (chosen("a"), chosen("b"), chosen("c")) == (True, True, False)
        chosen = excluder(["c"], [], config)
        assert (chosen("a"), chosen("b"), chosen("c")) == (False, True, True)


class TestExtend:
    def test_chain(self, here: Path) -> None:
        (here / "shared").mkdir()
        (here / "shared" / "base.toml").write_text(
            'strict = true\ntarget = ["p"]\nexclude = ["x/y"]\nextend-exclude = ["base"]\n'
            f'ignore = ["TRT103"]\nbaseline = "known.json"\n[severity]\nTRT1 = "note"\n[targets.p]\n{IMAGE}'
            '[[allow]]\nrule = "TRT105"\npath = "m"\nreason = "r"\n'
        )
        (here / "shared" / "team.toml").write_text('extend = "base.toml"\noutput-format = "json"\n')
        (here / "pyproject.toml").write_text(
            '[tool.trt-lint]\nextend = "shared/team.toml"\nstrict = false\nignore = ["TRT105"]\n'
            'extend-exclude = ["mine"]\n[tool.trt-lint.severity]\nTRT101 = "warning"\n'
        )
        config = load()
        assert config.files == ["pyproject.toml", "shared/team.toml", "shared/base.toml"]
        assert (config.strict, config.output_format) == (False, "json")
        assert [target.name for target in config.chosen()] == ["p"]
        assert [glob.folder for glob in config.exclude] == [str(here / "shared")]
        assert [glob.text for glob in config.extend_exclude] == ["base", "mine"]
        assert config.baseline == "shared/known.json"
        assert [one.prefixes()[1] for one in config.selections] == [["TRT103"], ["TRT105"]]
        assert set(config.severity) == {"TRT1", "TRT101"}
        assert [allowance.path.folder for allowance in config.allow] == [str(here / "shared")]

    def test_of_a_pyproject(self, here: Path) -> None:
        (here / "pyproject.toml").write_text("[tool.trt-lint]\nstrict = true\n")
        (here / "sub").mkdir()
        (here / "sub" / "trt-lint.toml").write_text('extend = "../pyproject.toml"\n')
        assert load("sub/trt-lint.toml").strict is True

    def test_circles(self, here: Path) -> None:
        assert refused('extend = "trt-lint.toml"') == (
            "trt-lint.toml:1: extend: goes in a circle: trt-lint.toml extends trt-lint.toml"
        )
        (here / "a.toml").write_text('strict = true\nextend = "./trt-lint.toml"')
        assert refused('extend = "a.toml"') == (
            "a.toml:2: extend: goes in a circle: trt-lint.toml extends a.toml extends trt-lint.toml"
        )

    def test_errors_of_what_is_extended(self, here: Path) -> None:
        (here / "a.toml").write_text("\nselct = 1")
        assert refused('extend = "a.toml"').startswith("a.toml:2: selct is not known")


class TestEnvironment:
    def test_over_the_file(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (here / "trt-lint.toml").write_text('target = ["tensorflow/serving:2.11.0"]\nstrict = false\nexclude = ["a"]')
        for name, value in {
            "TARGET": "tensorflow/serving:2.17.1-gpu,gpu=sm_80, tensorflow/serving:2.20.0",
            "STRICT": "yes",
            "EXCLUDE": "x,y/*",
            "OUTPUT_FORMAT": "concise",
            "SELECT": "TRT1,engine-op-in-bare-graph",
            "EXTEND_EXCLUDE": "",
            "BASELINE": "b.json",
            "FROBNICATE": "1",
        }.items():
            monkeypatch.setenv(f"TRT_LINT_{name}", value)
        assert load().strict is False
        config = load(variables=True)
        assert [target.name for target in config.chosen()] == [
            "tensorflow/serving:2.17.1-gpu,gpu=sm_80",
            "tensorflow/serving:2.20.0",
        ]
        assert (config.strict, config.output_format, config.baseline) == (True, "concise", "b.json")
        assert [glob.text for glob in config.exclude] == ["x", "y/*"]
        assert config.selections[-1].prefixes()[0] == ["TRT1", "engine-op-in-bare-graph"]
        assert load(files=False, variables=True).files == []

    def test_file(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (here / "trt-lint.toml").write_text("strict = false")
        (here / "ci.toml").write_text("strict = true")
        monkeypatch.setenv("TRT_LINT_CONFIG", "ci.toml")
        assert load().strict is True
        assert load("trt-lint.toml").strict is False
        monkeypatch.setenv("TRT_LINT_CONFIG", "")
        assert load().strict is False

    @pytest.mark.parametrize(
        ("name", "value", "line"),
        [
            ("STRICT", "maybe", "TRT_LINT_STRICT: must be 1 or 0, not 'maybe'"),
            ("OUTPUT_FORMAT", "xml", "TRT_LINT_OUTPUT_FORMAT: must be one of text, concise, json"),
            ("SELECT", "TRT999", "TRT_LINT_SELECT: TRT999: no rule has this code, prefix or name"),
            ("TARGET", "nginx", "TRT_LINT_TARGET: target 'nginx' is not known"),
        ],
    )
    def test_errors(self, monkeypatch: pytest.MonkeyPatch, name: str, value: str, line: str) -> None:
        monkeypatch.setenv(f"TRT_LINT_{name}", value)
        with pytest.raises(ConfigError) as caught:
            config = load(variables=True)
            config.bind(RULES)
            config.chosen()
        assert str(caught.value).startswith(line)

    def test_names(self) -> None:
        assert [variable(key) for key in keys.ENVIRONMENT][:4] == [
            "TRT_LINT_TARGET",
            "TRT_LINT_SELECT",
            "TRT_LINT_IGNORE",
            "TRT_LINT_EXTEND_SELECT",
        ]
        assert set(keys.ENVIRONMENT) < set(keys.KEYS)


class TestSelected:
    @pytest.mark.parametrize(
        ("layers", "codes"),
        [
            ([((), (), ())], "TRT101 TRT102 TRT103 TRT301"),
            ([(("TRT1",), (), ())], "TRT101 TRT102 TRT103"),
            ([((), ("TRT1",), ())], "TRT301"),
            ([((), ("TRT1",), ("TRT101",))], "TRT101 TRT301"),
            ([(("TRT1",), ("TRT1",), ())], ""),
            ([(("TRT101",), ("TRT1",), ())], "TRT101"),
            ([(("TRT1",), (), ("TRT3",))], "TRT101 TRT102 TRT103 TRT301"),
            # A nearer place adds to what the farther ones ignore, unless it selects.
            ([((), ("TRT103",), ()), ((), ("TRT101",), ())], "TRT102 TRT301"),
            ([((), ("TRT103",), ()), (("TRT1",), (), ())], "TRT101 TRT102 TRT103"),
            ([((), ("TRT103",), ()), ((), (), ("TRT103",))], "TRT101 TRT102 TRT103 TRT301"),
            ([(("TRT3",), (), ()), ((), (), ("TRT101",))], "TRT101 TRT301"),
            ([(("TRT1",), ("TRT103",), ()), ((), ("TRT101",), ())], "TRT102"),
        ],
    )
    def test_layers(self, layers: list[tuple[tuple[str, ...], ...]], codes: str) -> None:
        some = [rule for rule in RULES if rule.code in ("TRT101", "TRT102", "TRT103", "TRT301")]
        assert " ".join(rule.code for rule in selected(some, layers)) == codes  # type: ignore[arg-type]


class TestSchema:
    """docs/schema/config-v1.json and the reader say yes and no to the same."""

    SCHEMA = json.loads(SCHEMA.read_text(encoding="utf-8"))

    WHOLE = f"""
extend = "base.toml"
target = ["p", "tensorrt:8.6.1"]
select = ["TRT1"]
ignore = []
extend-select = ["TRT3"]
exclude = ["a/b"]
extend-exclude = ["c"]
respect-gitignore = true
output = ["sarif=out.sarif", "text"]
output-format = "json"
strict = true
baseline = "b.json"
severity = {{TRT105 = "error"}}
per-path-ignores = {{"a/*" = ["TRT103"]}}
[targets.p]
{IMAGE}gpu = "sm_80"
tensorrt = "8.6.1.6"
extra-ops = ["MyOp"]
[targets.r]
runtime = "tensorrt:8.6.1"
gpu = "sm_87"
os = "linux-aarch64"
[[destination]]
path = ["a"]
target = "p"
reason = "r"
[[allow]]
rule = "TRT105"
path = "a"
node = "n"
reason = "r"
until = 2027-01-01
"""

    def agrees(self, here: Path, table: object) -> bool:
        """What both say."""

        def toml(value: object) -> str:
            if isinstance(value, dict):
                return "{" + ", ".join(f"{json.dumps(key)} = {toml(one)}" for key, one in value.items()) + "}"
            if isinstance(value, list):
                return "[" + ", ".join(map(toml, value)) + "]"
            return value.isoformat() if isinstance(value, datetime.date) else json.dumps(value)

        assert isinstance(table, dict)
        (here / "trt-lint.toml").write_text("".join(f"{key} = {toml(value)}\n" for key, value in table.items()))
        plain = json.loads(json.dumps(table, default=lambda day: day.isoformat()))
        valid = Draft202012Validator(self.SCHEMA).is_valid(plain)
        try:
            load()
            read = True
        except ConfigError as error:
            assert "there is no file" not in str(error)
            read = False
        assert read is valid, (json.dumps(table, default=str), valid)
        return valid

    def test_valid(self) -> None:
        Draft202012Validator.check_schema(self.SCHEMA)

    def test_same_keys(self) -> None:
        schema = self.SCHEMA
        assert set(schema["properties"]) == set(keys.KEYS)
        assert set(schema["$defs"]["server"]["properties"]) == set(keys.TARGET_KEYS)
        assert set(schema["$defs"]["runtime"]["properties"]) == set(keys.RUNTIME_KEYS)
        from pytest_trt.lint.allowances import ALLOWANCE_KEYS
        from pytest_trt.lint.config import FORMATS, SEVERITIES

        assert set(schema["properties"]["allow"]["items"]["properties"]) == set(ALLOWANCE_KEYS)
        assert schema["properties"]["output-format"]["enum"] == list(FORMATS)
        assert f"^({'|'.join(FORMATS)})" in schema["properties"]["output"]["items"]["pattern"]
        assert schema["properties"]["severity"]["additionalProperties"]["enum"] == list(SEVERITIES)

    def test_same_answers(self, here: Path) -> None:
        (here / "base.toml").write_text("")
        whole = tomllib.loads(self.WHOLE)
        assert set(whole) == set(keys.KEYS)
        assert self.agrees(here, whole)
        answers = [self.agrees(here, {key: value}) for key, value in whole.items()]
        assert all(answers)
        wrong = 0
        values: list[object] = [1, True, "x", " ", [], [1], [" "], {}, {"a": 1}, {"a": ["TRT1"]}, {"a": []}]
        for key in whole:
            for value in values:
                if key in ("extend", "baseline") and value == "x":
                    continue
                wrong += not self.agrees(here, {key: value})
        for table, inner in (("targets", "p"), ("targets", "r"), ("destination", 0), ("allow", 0)):
            for key in whole[table][inner]:
                for value in [*values, None]:
                    if value == "x" and table == "targets":
                        continue  # whether an image or a capability exists is no matter of a schema
                    changed = copy.deepcopy(whole)
                    if value is None:
                        del changed[table][inner][key]
                    elif key == "until" and isinstance(value, str):
                        continue  # a JSON schema knows dates as texts only
                    else:
                        changed[table][inner][key] = value
                    wrong += not self.agrees(here, changed)
        assert wrong > 150

"""Configuration: [tool.trt-lint] of pyproject.toml, or trt-lint.toml, from the working directory upward.

    [tool.trt-lint]
    target = ["production"]
    ignore = ["engine-op-unreached"]

    [tool.trt-lint.targets.production]
    image = "tensorflow/serving:2.17.1-gpu"
    gpu = "sm_80"
    tensorrt = "8.6.1.6"
    extra-ops = ["MyOp"]

Nothing below a scanned path is looked for as configuration. docs/configuration.md describes every key.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from pytest_trt.lint.allowances import Allowance
    from pytest_trt.lint.baseline import Baseline
    from pytest_trt.lint.destinations.route import Route
    from pytest_trt.lint.globs import Glob
    from pytest_trt.lint.keys import Origin, Word
    from pytest_trt.lint.outputs import Output
    from pytest_trt.lint.rule import Rule
    from pytest_trt.lint.toml import Document
    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.triton import Triton

OWN_FILE = "trt-lint.toml"
SHARED_FILE = "pyproject.toml"
VARIABLES = "TRT_LINT_"
FORMATS = ("text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown")
SEVERITIES = ("error", "warning", "note")
PACKS = "allow-rule-pack"
_SIZE_LIMIT = 1 << 24


class ConfigError(ValueError):
    """A configuration that cannot be used; the text names file, line, key and cure."""


class Selection:
    """What one place says of the rules that are asked: of the command line, the environment or a file."""

    __slots__ = ("select", "ignore", "extend_select")

    def __init__(self, select: Sequence[Word], ignore: Sequence[Word], extend_select: Sequence[Word]) -> None:
        self.select = list(select)
        self.ignore = list(ignore)
        self.extend_select = list(extend_select)

    def prefixes(self) -> tuple[list[str], list[str], list[str]]:
        """select, ignore, extend_select as codes and prefixes."""
        select, ignore, extend = (
            [word.code for word in words] for words in (self.select, self.ignore, self.extend_select)
        )
        return select, ignore, extend


class Config:
    """What files and the environment say, the nearest last.

    files: the files that were read, the nearest first. target: names of targets; targets: those that files define.
    selections: from the farthest to the nearest. exclude, extend_exclude: what is not looked at. baseline: a path.
    destinations: where artifacts go. severity: by code, prefix or name. ignores: per-path-ignores. allow: allowances.
    known: what the baseline's file holds, once bind() has read it. None: nobody said.
    """

    __slots__ = (
        "files",
        "target",
        "targets",
        "selections",
        "exclude",
        "extend_exclude",
        "output",
        "output_format",
        "strict",
        "baseline",
        "severity",
        "ignores",
        "allow",
        "known",
        "destinations",
        "respect_gitignore",
    )

    def __init__(self) -> None:
        self.files: list[str] = []
        self.target: list[Word] = []
        self.targets: dict[str, Target | Runtime | Triton] = {}
        self.selections: list[Selection] = []
        self.exclude: list[Glob] = []
        self.extend_exclude: list[Glob] = []
        self.output: list[Output] = []
        self.output_format: str | None = None
        self.strict: bool | None = None
        self.baseline: str | None = None
        self.severity: dict[str, tuple[Word, str]] = {}
        self.ignores: list[tuple[Glob, list[Word]]] = []
        self.allow: list[Allowance] = []
        self.known: Baseline | None = None
        self.destinations: list[Route] = []
        self.respect_gitignore: bool | None = None

    def add(self, values: Mapping[str, Any]) -> None:
        """Put what a nearer place says over what is known. values: by key, as the readers of KEYS give them."""
        self.target = values.get("target", self.target)
        self.exclude = values.get("exclude", self.exclude)
        if "output" in values or "output-format" in values:  # either says where reports go
            self.output = values.get("output", [])
        self.output_format = values.get("output-format", self.output_format)
        self.strict = values.get("strict", self.strict)
        self.baseline = values.get("baseline", self.baseline)
        self.extend_exclude += values.get("extend-exclude", [])
        self.targets.update(values.get("targets", {}))
        self.severity.update(values.get("severity", {}))
        self.ignores += values.get("per-path-ignores", [])
        self.allow += values.get("allow", [])
        self.destinations += values.get("destination", [])
        self.respect_gitignore = values.get("respect-gitignore", self.respect_gitignore)
        selection = Selection(*(values.get(key, ()) for key in ("select", "ignore", "extend-select")))
        if any(selection.prefixes()):
            self.selections.append(selection)

    def bind(self, rules: Sequence[Rule]) -> None:
        """Make codes of all names of rules, and read the baseline. Raises ConfigError where either cannot be."""
        for selection in self.selections:
            for word in (*selection.select, *selection.ignore, *selection.extend_select):
                word.bind(rules)
        for word, _ in self.severity.values():
            word.bind(rules)
        for _, words in self.ignores:
            for word in words:
                word.bind(rules)
        for allowance in self.allow:
            allowance.rule.bind(rules)
        self.bind_destinations()
        if self.baseline:
            from pytest_trt.lint.baseline import read

            self.known = read(self.baseline)

    def bind_destinations(self) -> None:
        """Find the targets that destinations name. Raises ConfigError."""
        for route in self.destinations:
            route.bind(self.targets)

    def chosen(self) -> list[Target | Runtime | Triton]:
        """The targets that `target` names. Raises ConfigError."""
        if not self.target:
            return []
        from pytest_trt.serving.target import TargetError, parse

        chosen: list[Target | Runtime | Triton] = []
        for word in self.target:
            try:
                chosen.append(parse(word.text, self.targets))
            except TargetError as error:
                raise word.origin.error(word.keys, str(error)) from None
        return chosen

    @property
    def names_rules(self) -> bool:
        """Whether it says anything of rules or findings."""
        return self.reviews or any(one.select or one.ignore or one.extend_select for one in self.selections)

    @property
    def reviews(self) -> bool:
        """Whether findings must be looked at again for it."""
        return bool(self.severity or self.ignores or self.allow or self.baseline)


def load(
    path: str | None = None, *, scanned: Iterable[str] = (), files: bool = True, variables: bool = False
) -> Config:
    """What the configuration says; nothing where there is none.

    path: the file; None: the one that TRT_LINT_CONFIG names, else the nearest, upward from here, that is not below a
    scanned path. files: False to read none. variables: whether TRT_LINT_* of the environment are put over it.
    Raises ConfigError.
    """
    config = Config()
    if files:
        path = path or os.environ.get(variable("config"))
        document = _document(path) if path else nearest(".", scanned)
        if document is not None:
            for origin, values in reversed(_chain(document)):
                config.files.insert(0, origin.path())
                config.add(values)
    if variables and any(name.startswith(VARIABLES) for name in os.environ):
        from pytest_trt.lint.keys import of_environment

        config.add(of_environment(os.environ))
    return config


def custom_targets(path: str | None = None) -> dict[str, Target | Runtime | Triton]:
    """Targets that the configuration defines, by name. path: as load() has it. Raises ConfigError."""
    return load(path).targets


def nearest(folder: str = ".", scanned: Iterable[str] = ()) -> Document | None:
    """The nearest configuration file that is ours; only bytes are searched, so that TOML is rarely parsed.

    What lies below a scanned path came with what is checked, and is passed over.
    """
    folder = os.path.abspath(folder)
    while True:
        own = os.path.join(folder, OWN_FILE)
        shared = os.path.join(folder, SHARED_FILE)
        if os.path.isfile(own) and not _below(folder, scanned):
            return _document(own)
        if os.path.isfile(shared) and _mentions_us(data := _read(shared)) and not _below(folder, scanned):
            document = _document(shared, data)
            if "trt-lint" in _tools(document):
                return document
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _below(folder: str, scanned: Iterable[str]) -> bool:
    """Whether a folder lies in one of these paths, and is not the path itself."""
    folder = os.path.realpath(folder)
    for path in scanned:
        root = os.path.realpath(path)
        if folder != root and folder.startswith(root.rstrip("/") + "/"):
            return True
    return False


def _mentions_us(data: bytes) -> bool:
    """Whether TOML may hold a table tool.trt-lint, however it is written; a script of this name is not enough."""
    if b"trt-lint" not in data:
        return False
    bare = data.translate(None, b" \t\"'")
    return any(form in bare for form in (b"tool.trt-lint", b"[tool]", b"tool={"))


def _document(path: str, data: bytes | None = None) -> Document:
    """Raises ConfigError."""
    data = _read(path) if data is None else data
    from pytest_trt.lint.toml import Document, TomlError

    try:
        return Document(path, data)
    except TomlError as error:
        line = "" if error.line is None else f":{error.line}"
        raise ConfigError(f"{shown(path)}{line}: {error}") from None


def _read(path: str) -> bytes:
    try:
        if not os.path.isfile(path):
            raise ConfigError(f"{shown(path)}: there is no such file; name a TOML file with --config")
        with open(path, "rb") as file:
            data = file.read(_SIZE_LIMIT + 1)
    except OSError as error:
        cure = "make it readable or use --no-config"
        raise ConfigError(f"{shown(path)}: cannot be read ({error.strerror}); {cure}") from None
    if len(data) > _SIZE_LIMIT:
        raise ConfigError(f"{shown(path)}: has more than {_SIZE_LIMIT:,} bytes, which no configuration has")
    return data


def _tools(document: Document) -> Mapping[str, object]:
    tools = document.table.get("tool", {})
    if not isinstance(tools, dict):
        from pytest_trt.lint.keys import Origin

        raise Origin(document).error(("tool",), "must be a table")
    return tools


def _chain(document: Document) -> list[tuple[Origin, dict[str, Any]]]:
    """A file and those that it extends, the nearest first. Raises ConfigError."""
    from pytest_trt.lint.keys import of_file

    chain: list[tuple[Origin, dict[str, Any]]] = []
    seen: dict[str, str] = {}
    while True:
        seen[os.path.realpath(document.path)] = shown(document.path)
        origin, table = _ours(document)
        values = of_file(origin, table)
        chain.append((origin, values))
        further = values.get("extend")
        if further is None:
            return chain
        if os.path.realpath(further) in seen:
            raise origin.error(("extend",), f"goes in a circle: {' extends '.join([*seen.values(), shown(further)])}")
        if not os.path.isfile(further):
            raise origin.error(("extend",), f"there is no file {shown(further)}")
        document = _document(further)


def _ours(document: Document) -> tuple[Origin, Mapping[str, object]]:
    """The table with our keys, and where it is."""
    from pytest_trt.lint.keys import Origin

    if os.path.basename(document.path) != SHARED_FILE:
        return Origin(document), document.table
    tools = _tools(document)
    if "trt-lint" not in tools:
        raise ConfigError(f"{shown(document.path)}: has no table tool.trt-lint, so there is nothing to read")
    table = tools["trt-lint"]
    if not isinstance(table, dict):
        raise Origin(document).error(("tool", "trt-lint"), "must be a table")
    return Origin(document, ("tool", "trt-lint")), table


def variable(key: str) -> str:
    """The environment's name of a key: TRT_LINT_OUTPUT_FORMAT."""
    return VARIABLES + key.upper().replace("-", "_")


def shown(path: str) -> str:
    """A path as people would name it from here."""
    near = os.path.relpath(path)
    return path if near.startswith("..") else near

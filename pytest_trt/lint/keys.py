"""The keys of the configuration: who reads them, from a file or a variable of the environment."""

from __future__ import annotations

import os

from pytest_trt.lint.config import FORMATS, PACKS, SEVERITIES, SHARED_FILE, ConfigError, shown, variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from pytest_trt.lint.allowances import Allowance
    from pytest_trt.lint.destinations.route import Route
    from pytest_trt.lint.globs import Glob
    from pytest_trt.lint.outputs import Output
    from pytest_trt.lint.rule import Rule
    from pytest_trt.lint.toml import Document, Keys
    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.triton import Triton

TARGET_KEYS = ("image", "extra-ops", "gpu", "tensorrt")
RUNTIME_KEYS = ("runtime", "gpu", "os")


class Origin:
    """Where settings are said: a file (document, and what stands before its keys), or the environment (None).

    folder: what relative names in it start from.
    """

    __slots__ = ("document", "prefix", "folder")

    def __init__(self, document: Document | None, prefix: Keys = ()) -> None:
        self.document = document
        self.prefix = prefix
        self.folder = os.path.dirname(os.path.abspath(document.path)) if document is not None else os.getcwd()

    def key(self, keys: Keys) -> str:
        """A key as people write it."""
        if self.document is None:
            return variable(str(keys[0]))
        return ".".join(str(step) for step in self.prefix + keys if isinstance(step, str))

    def path(self) -> str:
        return shown(self.document.path) if self.document is not None else ""

    def place(self, keys: Keys) -> tuple[int, int]:
        """(line, byte) of a key in its file."""
        return self.document.place(self.prefix + keys) if self.document is not None else (1, 0)

    def error(self, keys: Keys, why: str, colon: str = ":") -> ConfigError:
        head = f"{self.path()}:{self.place(keys)[0]}: " if self.document is not None else ""
        return ConfigError(f"{head}{self.key(keys)}{colon} {why}")


class Word:
    """A code, prefix or name of rules as it was said; bind() makes it a code or prefix."""

    __slots__ = ("text", "origin", "keys", "code")

    def __init__(self, text: str, origin: Origin, keys: Keys) -> None:
        self.text = text
        self.origin = origin
        self.keys = keys
        self.code = text

    def bind(self, rules: Sequence[Rule]) -> None:
        """Raises ConfigError where no rule answers to it."""
        try:
            self.code = code_of(self.text, rules)
        except ConfigError as error:
            raise self.origin.error(self.keys, str(error)) from None


def of_file(origin: Origin, table: Mapping[str, object]) -> dict[str, Any]:
    known(origin, (), table, KEYS)
    return {key: KEYS[key](origin, (key,), value) for key, value in table.items()}


def of_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    origin = Origin(None)
    values: dict[str, Any] = {}
    for key in ENVIRONMENT:
        text = variables.get(variable(key), "").strip()
        if text:
            values[key] = KEYS[key](origin, (key,), _of_text(origin, key, text))
    return values


def _of_text(origin: Origin, key: str, text: str) -> object:
    """A variable's text as the value that a file would hold."""
    if key == "strict":
        if text.lower() not in ("0", "1", "true", "false", "yes", "no", "on", "off"):
            raise origin.error((key,), f"must be 1 or 0, not {text!r}")
        return text.lower() in ("1", "true", "yes", "on")
    return listed(text, key == "target") if KEYS[key] in (_words, _names, _globs, _outputs) else text


def listed(text: str, targets: bool = False) -> list[str]:
    """A comma list. targets: `,gpu=sm_80` belongs to the image before it."""
    found: list[str] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        if targets and "=" in part and found:
            found[-1] += f",{part}"
        else:
            found.append(part)
    return found


def known(origin: Origin, keys: Keys, table: Mapping[str, object], names: Iterable[str]) -> None:
    """Raises ConfigError for a key that is none of these names."""
    for key in table:
        if key not in names:
            raise origin.error((*keys, key), f"is not known; {_cure(origin, keys, key, list(names))}", colon="")


def _cure(origin: Origin, keys: Keys, key: str, names: Sequence[str]) -> str:
    import difflib

    if key in (PACKS, PACKS + "s") and not keys:
        return f"a file may come with what is checked, so packs are named by --{PACKS} or {variable(PACKS)}"
    if key == "tool" and not keys and not origin.prefix:
        return f"only in {SHARED_FILE} do the keys stand in a table tool.trt-lint"
    near = difflib.get_close_matches(key.lower().replace("_", "-"), names, n=1)
    return f"did you mean {origin.key((*keys, near[0]))}?" if near else f"the keys are {', '.join(names)}"


def code_of(word: str, rules: Sequence[Rule]) -> str:
    """The code or prefix that a code, prefix or name means. Raises ConfigError."""
    for rule in rules:
        if rule.name == word:
            return rule.code
    if word and any(rule.code.startswith(word) for rule in rules):
        return word
    import difflib

    names = {name.casefold(): name for rule in rules for name in (rule.code, rule.name)}
    found = difflib.get_close_matches(word.casefold(), names, n=1)
    near = f"; did you mean {names[found[0]]}?" if found else ""
    raise ConfigError(f"{word}: no rule has this code, prefix or name{near} (see trt-lint rules)")


# The readers: what a key holds, or ConfigError.


def text_of(origin: Origin, keys: Keys, value: object, cure: str = "must be a text in quotes") -> str:
    if not isinstance(value, str) or not value.strip():
        raise origin.error(keys, cure)
    return value


def texts_of(origin: Origin, keys: Keys, value: object, example: str) -> list[str]:
    if not isinstance(value, list):
        raise origin.error(keys, f"must be a list of texts, as in {example}")
    return [
        text_of(origin, (*keys, place), one, f"must hold texts, as in {example}") for place, one in enumerate(value)
    ]


def _file(origin: Origin, keys: Keys, value: object) -> str:
    name = text_of(origin, keys, value, "must be the path of a file, in quotes")
    return os.path.relpath(os.path.join(origin.folder, name)) if not os.path.isabs(name) else name


def _names(origin: Origin, keys: Keys, value: object) -> list[Word]:
    texts = texts_of(origin, keys, value, '["tensorflow/serving:2.20.0"]')
    return [Word(one, origin, (*keys, place)) for place, one in enumerate(texts)]


def _words(origin: Origin, keys: Keys, value: object) -> list[Word]:
    if value == [] and keys == ("select",):
        raise origin.error(keys, "must name a rule at least; without this key all rules are asked")
    texts = texts_of(origin, keys, value, '["TRT1", "engine-op-unreached"]')
    return [Word(one, origin, (*keys, place)) for place, one in enumerate(texts)]


def _globs(origin: Origin, keys: Keys, value: object) -> list[Glob]:
    from pytest_trt.lint.globs import Glob

    return [Glob(one, origin.folder) for one in texts_of(origin, keys, value, '["models/old", "*.bak"]')]


def _format(origin: Origin, keys: Keys, value: object) -> str:
    if value not in FORMATS:
        raise origin.error(keys, f"must be one of {', '.join(FORMATS)}")
    return str(value)


def _outputs(origin: Origin, keys: Keys, value: object) -> list[Output]:
    from pytest_trt.lint.outputs import clash, parse

    if value == []:
        raise origin.error(keys, "must name a format at least; without this key it is text")
    found = []
    for place, text in enumerate(texts_of(origin, keys, value, '["sarif=out.sarif", "text"]')):
        try:
            found.append(parse(text, f"{origin.key(keys)}:", origin.folder))
        except ConfigError as error:
            raise origin.error((*keys, place), str(error)) from None
    why = clash(found, {})
    if why:
        raise origin.error(keys, why)
    return found


def _flag(origin: Origin, keys: Keys, value: object) -> bool:
    if not isinstance(value, bool):
        raise origin.error(keys, "must be true or false")
    return value


def table_of(origin: Origin, keys: Keys, value: object, example: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise origin.error(keys, f"must be a table, as in {example}")
    return value


def _severities(origin: Origin, keys: Keys, value: object) -> dict[str, tuple[Word, str]]:
    found = {}
    for word, severity in table_of(origin, keys, value, f'[{origin.key(keys)}] with TRT105 = "error"').items():
        if severity not in SEVERITIES:
            cure = f"must be one of {', '.join(SEVERITIES)}; ignore = [{word!r}] silences a rule".replace("'", '"')
            raise origin.error((*keys, word), cure)
        found[word] = (Word(word, origin, (*keys, word)), str(severity))
    return found


def _ignores(origin: Origin, keys: Keys, value: object) -> list[tuple[Glob, list[Word]]]:
    from pytest_trt.lint.globs import Glob

    entries = table_of(origin, keys, value, f'[{origin.key(keys)}] with "models/old" = ["TRT105"]')
    return [(Glob(path, origin.folder), _words(origin, (*keys, path), codes)) for path, codes in entries.items()]


def _allowances(origin: Origin, keys: Keys, value: object) -> list[Allowance]:
    from pytest_trt.lint import allowances

    return allowances.read(origin, keys, value)


def _destinations(origin: Origin, keys: Keys, value: object) -> list[Route]:
    from pytest_trt.lint.destinations import route

    return route.read(origin, keys, value)


def _targets(origin: Origin, keys: Keys, value: object) -> dict[str, Target | Runtime | Triton]:
    entries = table_of(origin, keys, value, f"[{origin.key(keys)}.production]")
    found: dict[str, Target | Runtime | Triton] = {}
    for name, values in entries.items():
        if not isinstance(values, dict):
            raise origin.error(
                (*keys, name), 'must be a table with at least image = "tensorflow/serving:VERSION" or runtime = ...'
            )
        found[name] = (_runtime if "runtime" in values else _target)(origin, (*keys, name), name, values)
    return found


def _runtime(origin: Origin, keys: Keys, name: str, values: Mapping[str, object]) -> Runtime:
    from pytest_trt.serving import runtime
    from pytest_trt.serving.target import TargetError

    known(origin, keys, values, RUNTIME_KEYS)
    said = text_of(origin, (*keys, "runtime"), values["runtime"], 'must name a runtime, as in "tensorrt:8.6.1"')
    if "," in said or not runtime.is_runtime(said):
        raise origin.error((*keys, "runtime"), 'must be a product and its version alone, as in "tensorrt:8.6.1"')
    made = said
    for key, example in (("gpu", "sm_86"), ("os", "linux-x86_64")):
        if key in values:
            option = text_of(origin, (*keys, key), values[key], f'must be a text, as in "{example}"')
            try:
                runtime.parse(f"{said},{key}={option}")
            except TargetError as error:
                blamed = key if f"{key}=" in str(error).partition(": ")[2] else "runtime"
                raise origin.error((*keys, blamed), str(error)) from None
            made += f",{key}={option}"
    try:
        target = runtime.parse(made)
    except TargetError as error:
        raise origin.error((*keys, "runtime"), str(error)) from None
    target.name = name
    return target


def _target(origin: Origin, keys: Keys, name: str, values: Mapping[str, object]) -> Target | Triton:
    from pytest_trt.serving import runtime
    from pytest_trt.serving.target import TENSORRT_OPS, Target, TargetError, parse

    def wrong(key: str, cure: str) -> ConfigError:
        return origin.error((*keys, key), cure)

    known(origin, keys, values, TARGET_KEYS)
    image = values.get("image")
    if not isinstance(image, str) or any(not one.startswith("tensorflow=") for one in image.split(",")[1:]):
        raise wrong("image", 'must name the image that the server is built on, as in "tensorflow/serving:2.17.1-gpu"')
    gpu = values.get("gpu")
    if gpu is not None:
        cure = 'must be the compute capability of the server\'s GPU, as in "sm_80"'
        gpu = text_of(origin, (*keys, "gpu"), gpu, cure)
    extra = values.get("extra-ops", [])
    if not isinstance(extra, list) or not all(isinstance(op, str) for op in extra):
        raise wrong("extra-ops", 'must be a list of op names, as in ["MyOp"]')
    tensorrt = values.get("tensorrt")
    if tensorrt is not None and not (isinstance(tensorrt, str) and runtime.is_version(tensorrt)):
        raise wrong("tensorrt", 'must be a version in quotes, as in "8.6.1.6"')
    try:
        target = parse(image + (f",gpu={gpu}" if gpu else ""))
    except TargetError as error:
        blamed = "gpu" if gpu and f"'gpu={gpu}'" in str(error).partition(": ")[2] else "image"
        raise wrong(blamed, str(error)) from None
    if isinstance(target, runtime.Runtime):
        raise wrong("image", f'is a TensorRT runtime; write runtime = "{image}"')
    if gpu and not target.gpu:
        raise wrong("gpu", f"{image} is a CPU image; name its -gpu flavour")
    source = f"{origin.path()}: {origin.key(keys)}"
    if not isinstance(target, Target):
        target.rename(name, source)
        target.add_ops(frozenset(extra))
        if tensorrt is not None:
            target.set_tensorrt(tensorrt)
        return target
    target.name = name
    target.extra_ops = frozenset(extra)
    target.source = source
    if target.gpu and "TRTEngineOp" in extra:
        target.tensorrt_ops = True
    if tensorrt is not None:
        if target.tensorrt_ops is False:
            ops = ", ".join(
                f'"{op}"' for op in sorted(TENSORRT_OPS) if op in ("TRTEngineOp", "CreateTRTResourceHandle")
            )
            raise wrong(
                "tensorrt",
                f"the server of {image} has no TensorRT ops, whatever the image installs; remove this key, or name"
                f" the ops that your own build has: extra-ops = [{ops}, ...]",
            )
        target.tensorrt = target.tensorrt_installed = tensorrt
        target.tensorrt_version = None
    return target


# Every key of a file, and its reader; docs/schema/config-v1.json is held against it.
KEYS: dict[str, Callable[[Origin, Keys, object], Any]] = {
    "extend": _file,
    "target": _names,
    "targets": _targets,
    "destination": _destinations,
    "select": _words,
    "ignore": _words,
    "extend-select": _words,
    "exclude": _globs,
    "extend-exclude": _globs,
    "respect-gitignore": _flag,
    "per-path-ignores": _ignores,
    "severity": _severities,
    "output": _outputs,
    "output-format": _format,
    "strict": _flag,
    "baseline": _file,
    "allow": _allowances,
}
# Those that a variable of the environment can hold.
ENVIRONMENT = (
    "target",
    "select",
    "ignore",
    "extend-select",
    "exclude",
    "extend-exclude",
    "output",
    "output-format",
    "strict",
    "baseline",
)

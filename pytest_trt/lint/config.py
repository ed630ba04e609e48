"""Configuration: [tool.trt-lint] of pyproject.toml, or trt-lint.toml, from the working directory upward.

    [tool.trt-lint.targets.production]
    image = "tensorflow/serving:2.17.1-gpu"
    gpu = "sm_80"
    tensorrt = "8.6.1.6"
    extra-ops = ["MyOp"]

Nothing below a scanned path is ever read as configuration.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from pytest_trt.serving.target import Target

OWN_FILE = "trt-lint.toml"
SHARED_FILE = "pyproject.toml"
_KEYS = ("targets",)
_TARGET_KEYS = ("image", "extra-ops", "gpu", "tensorrt")


class ConfigError(ValueError):
    """A configuration that cannot be used; the text names file, key and cure."""


def find(folder: str = ".") -> str | None:
    """The nearest configuration file that is ours; only its bytes are searched, so that TOML is rarely parsed."""
    folder = os.path.abspath(folder)
    while True:
        own = os.path.join(folder, OWN_FILE)
        if os.path.isfile(own):
            return own
        shared = os.path.join(folder, SHARED_FILE)
        if os.path.isfile(shared) and _mentions_us(_read(shared)) and "trt-lint" in _tools(shared, _parse(shared)):
            return shared
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def _mentions_us(data: bytes) -> bool:
    """Whether TOML may hold a table tool.trt-lint, however it is written; a script of this name is not enough."""
    if b"trt-lint" not in data:
        return False
    bare = data.translate(None, b" \t\"'")
    return any(form in bare for form in (b"tool.trt-lint", b"[tool]", b"tool={"))


def custom_targets(path: str | None = None) -> dict[str, Target]:
    """Targets that the configuration defines, by name. path: the file; None: find() it. Raises ConfigError."""
    path = path or find()
    if path is None:
        return {}
    table = _parse(path)
    prefix = ""
    if os.path.basename(path) == SHARED_FILE:
        prefix = "tool.trt-lint."
        found = _tools(path, table).get("trt-lint", {})
        if not isinstance(found, dict):
            raise ConfigError(f"{_shown(path)}: tool.trt-lint must be a table")
        table = found
    _known(path, prefix, table, _KEYS)
    targets = table.get("targets", {})
    if not isinstance(targets, dict):
        raise ConfigError(f"{_shown(path)}: {prefix}targets must be a table, as in [{prefix}targets.production]")
    return {name: _target(path, f"{prefix}targets.{name}", name, values) for name, values in targets.items()}


def _target(path: str, key: str, name: str, values: object) -> Target:
    from pytest_trt.serving.target import TENSORRT_OPS, TargetError, parse

    def wrong(inner: str, cure: str) -> NoReturn:
        raise ConfigError(f"{_shown(path)}: {key}{inner}: {cure}")

    if not isinstance(values, dict):
        wrong("", 'must be a table with at least image = "tensorflow/serving:VERSION"')
    _known(path, f"{key}.", values, _TARGET_KEYS)
    image = values.get("image")
    if not isinstance(image, str) or "," in image:
        wrong(".image", 'must name the image that the server is built on, as in "tensorflow/serving:2.17.1-gpu"')
    gpu = values.get("gpu", "")
    if not isinstance(gpu, str):
        wrong(".gpu", 'must be the compute capability of the server\'s GPU, as in "sm_80"')
    extra = values.get("extra-ops", [])
    if not isinstance(extra, list) or not all(isinstance(op, str) for op in extra):
        wrong(".extra-ops", 'must be a list of op names, as in ["MyOp"]')
    tensorrt = values.get("tensorrt")
    if tensorrt is not None and not (isinstance(tensorrt, str) and tensorrt.replace(".", "").isdigit()):
        wrong(".tensorrt", 'must be a version in quotes, as in "8.6.1.6"')
    try:
        target = parse(image + (f",gpu={gpu}" if gpu else ""))
    except TargetError as error:
        wrong(".gpu" if "gpu=" in str(error).partition(": ")[2] else ".image", str(error))
    if gpu and not target.gpu:
        wrong(".gpu", f"{image} is a CPU image; name its -gpu flavour")
    target.name = name
    target.extra_ops = frozenset(extra)
    target.source = f"{_shown(path)}: {key}"
    if target.gpu and "TRTEngineOp" in extra:
        target.tensorrt_ops = True
    if tensorrt is not None:
        if not target.tensorrt_ops:
            ops = ", ".join(
                f'"{op}"' for op in sorted(TENSORRT_OPS) if op in ("TRTEngineOp", "CreateTRTResourceHandle")
            )
            wrong(
                ".tensorrt",
                f"the server of {image} has no TensorRT ops, whatever the image installs; remove this key, or name"
                f" the ops that your own build has: extra-ops = [{ops}, ...]",
            )
        target.tensorrt = target.tensorrt_installed = tensorrt
    return target


def _known(path: str, prefix: str, table: dict[str, object], keys: tuple[str, ...]) -> None:
    for key in table:
        if key not in keys:
            import difflib

            near = difflib.get_close_matches(key, keys, n=1)
            cure = f"did you mean {prefix}{near[0]}?" if near else f"the keys are {', '.join(keys)}"
            raise ConfigError(f"{_shown(path)}: {prefix}{key} is not known; {cure}")


def _tools(path: str, table: dict[str, object]) -> dict[str, object]:
    tools = table.get("tool", {})
    if not isinstance(tools, dict):
        raise ConfigError(f"{_shown(path)}: tool must be a table")
    return tools


def _read(path: str) -> bytes:
    try:
        if not os.path.isfile(path):
            raise ConfigError(f"{_shown(path)}: there is no such file; name a TOML file with --config")
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        cure = "make it readable or use --no-config"
        raise ConfigError(f"{_shown(path)}: cannot be read ({error.strerror}); {cure}") from None


def _parse(path: str) -> dict[str, object]:
    import sys

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib

    try:
        table: dict[str, object] = tomllib.loads(_read(path).decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{_shown(path)}: is not TOML: {error}") from None
    return table


def _shown(path: str) -> str:
    """A path as people would name it from here."""
    near = os.path.relpath(path)
    return path if near.startswith("..") else near

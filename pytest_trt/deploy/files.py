"""Deployment files: each read by its kind, and all of them joined."""

from __future__ import annotations

import re

from pytest_trt.artifacts.errors import ArtifactError, LimitReached
from pytest_trt.deploy import names
from pytest_trt.deploy.edge import Remark, line
from pytest_trt.deploy.tree import BYTE_ORDER_MARK, SIZE_LIMIT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_trt.deploy.edge import Edge
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.tree import Tree

# A script without one of these words starts no server and builds no image.
_COMMANDS = ("tensorflow", "triton", "trtserver", "docker", "podman", "nerdctl")
# Beyond this many bytes a file that only might be a config of a server is none.
_SMALL = 1 << 20
_PERHAPS = frozenset((names.TEXT, names.UNNAMED))
# A byte order mark decides whether the servers take these.
_PROTOBUF = frozenset((names.TEXT, names.UNNAMED, names.TRITON))
_SHELL = re.compile(r"#!\s*/\S*?(?:env\s+(?:-S\s*)?)?(?:ba|da|k|z|a)?sh\b")
# Of a file that is too large to be read, this much is looked at to say whether it matters.
_HEAD = 64 << 10


def read(path: str, tree: Tree) -> Reading | None:
    """What a file says, None where it deploys nothing that concerns us. What cannot be read is a remark."""
    name = path.replace("\\", "/").rpartition("/")[2]
    kind = names.kind_of_name(name)
    if kind is None:
        return None
    if kind == names.TEXT and name.endswith(".pbtxt"):
        from pytest_trt.deploy.readers.triton_config import is_config

        kind = names.TRITON if is_config(path) else kind
    if kind == names.ARCHIVE:
        from pytest_trt.deploy.readers import sagemaker

        return sagemaker.read(path, tree)
    try:
        text = tree.read(path, _SMALL if kind in _PERHAPS else SIZE_LIMIT, kind in _PROTOBUF)
    except LimitReached as error:
        if kind in _PERHAPS:
            return None
        return _unread(path, kind, error) if _matters(kind, tree.head(path, _HEAD), path, tree) else None
    except ArtifactError as error:
        sure = kind in (names.DOCKERFILE, names.TRITON)
        return _unread(path, kind, error) if sure else None
    if kind == names.UNNAMED and text.startswith(BYTE_ORDER_MARK + "#!"):
        text = text[1:]
    if not _matters(kind, text, path, tree):
        return None
    return _reading(kind, text, path, tree)


def read_all(paths: Iterable[str], tree: Tree) -> tuple[list[Reading], list[Edge], list[Remark]]:
    """The files that deploy something, the edges that they make together, and what is to be said of them."""
    readings = [reading for reading in (read(path, tree) for path in paths) if reading is not None]
    if not readings:
        return [], [], []
    from pytest_trt.deploy.join import join

    edges, remarks = join(readings, tree)
    return readings, edges, remarks


def _matters(kind: str, text: str, path: str, tree: Tree) -> bool:
    if kind in (names.DOCKERFILE, names.TRITON):
        return True
    if kind in (names.SHELL, names.MAKEFILE):
        return _commands(text)
    if kind == names.YAML:
        from pytest_trt.deploy.formats.yamls import matters

        return matters(text)
    from pytest_trt.deploy.readers import models_config

    if kind == names.UNNAMED and _SHELL.match(text):
        return _commands(text)
    return models_config.matters(text)


def _commands(text: str) -> bool:
    text = text.lower()
    return any(word in text for word in _COMMANDS)


def _reading(kind: str, text: str, path: str, tree: Tree) -> Reading | None:
    if kind == names.YAML:
        from pytest_trt.deploy.readers import yaml

        return yaml.read(text, path, tree)
    if kind == names.TRITON:
        from pytest_trt.deploy.readers import triton_config

        return triton_config.read(text, path, tree)
    if kind == names.DOCKERFILE:
        from pytest_trt.deploy.readers import dockerfile

        return dockerfile.read(text, path, tree)
    if kind == names.MAKEFILE:
        from pytest_trt.deploy.readers import makefile

        return makefile.read(text, path, tree)
    if kind == names.SHELL or kind == names.UNNAMED and _SHELL.match(text):
        from pytest_trt.deploy.readers import shell

        return shell.read(text, path, tree)
    from pytest_trt.deploy.readers import models_config

    return models_config.read(text, path, tree)


def _unread(path: str, kind: str, error: ArtifactError) -> Reading:
    from pytest_trt.deploy.reading import Reading

    reading = Reading(path, kind)
    reading.remarks.append(Remark("TRT418", line(path, 1), {"what": "file", "why": error.why}))
    return reading

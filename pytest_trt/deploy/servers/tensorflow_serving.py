"""TensorFlow Serving: which base paths a container's command, environment and mounts come to.

Sources: tensorflow_serving/tools/docker/Dockerfile and Dockerfile.gpu (the entrypoint's text is the same from 1.14.0
to 2.20.0), model_servers/main.cc and server.cc at 2.17.1; Bitnami's run.sh and its env script; SageMaker's tfs_utils.py
and serve.py.
"""

from __future__ import annotations

import os
import posixpath
import re

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.deploy import images
from pytest_trt.deploy.edge import ARTIFACT, BASE_PATH, Said
from pytest_trt.deploy.scope import shape
from pytest_trt.deploy.servers.flags import Flags, of_model_server
from pytest_trt.deploy.servers.paths import (
    Place,
    host_path,
    is_relative,
    is_uri,
    local,
    normal,
    versions_inside,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.edge import Server
    from pytest_trt.deploy.readers.models_config import Config
    from pytest_trt.deploy.servers.command import Start
    from pytest_trt.deploy.servers.serving import Serving

# What the images set. Source: ENV in tensorflow_serving/tools/docker/Dockerfile.
STOCK_NAME, STOCK_ROOT = "model", "/models"
BITNAMI_ROOT = "/bitnami/model-data"
BITNAMI_CONFIG = "/bitnami/tensorflow-serving/conf/tensorflow-serving.conf"
BITNAMI_NAME = "TENSORFLOW_SERVING_MODEL_NAME"

_VARIABLES = ("MODEL_NAME", "MODEL_BASE_PATH")
_WITHOUT = (
    "without --model_base_path and --model_config_file the server ends: Both server_options.model_base_path and"
    " server_options.model_config_file are empty!"
)


def started(serving: Serving, start: Start) -> None:
    """The edges of a tensorflow_model_server that a command starts."""
    flags = of_model_server(start.words)
    server = serving.server(flags.last)
    _ignored(serving, start, flags)
    if flags.unknown is not None:
        word = flags.unknown
        serving.unknown(server, BASE_PATH, word.at, f"a word of the command is not known: {word.why}")
        return
    config = flags.last.get("model_config_file")
    if config is not None and config.text != "":
        _configured(serving, server, config, flags, start)
        return
    container = serving.container
    name: Said | None = flags.last.get("model_name")
    path: Said | None = flags.last.get("model_base_path")
    why = list(start.why)
    if start.stock:
        at = container.image.at
        variable = container.env.get("MODEL_NAME") or Said(STOCK_NAME, at)
        if path is None:
            root = container.env.get("MODEL_BASE_PATH") or Said(STOCK_ROOT, at)
            path = joined(root, variable, variable.at if "MODEL_NAME" in container.env else root.at)
            why.append((path.at, "the entrypoint serves ${MODEL_BASE_PATH}/${MODEL_NAME}"))
        name = name or variable
    elif not start.spelled:
        _unread(serving, flags, start)
    if path is None or path.text == "":
        serving.unknown(server, BASE_PATH, start.at, _WITHOUT, model=name.text if name else None)
        return
    served = name.text if name is not None else "default"
    _base_path(serving, server, served, path, why)


def joined(root: Said, name: Said, at: Location) -> Said:
    """${MODEL_BASE_PATH}/${MODEL_NAME}, as the entrypoint writes it."""
    for part in (name, root):
        if part.text is None:
            return Said(None, part.at, part.why)
    return Said(f"{root.text}/{name.text}", at)


def _base_path(
    serving: Serving,
    server: Server,
    name: str | None,
    path: Said,
    why: Sequence[tuple[Location, str]],
    versions: tuple[str | int, ...] = ("latest", 1),
) -> None:
    """The edges of one base path: what is mounted there, and single versions that are."""
    if path.text is None:
        serving.unknown(server, BASE_PATH, path.at, f"the base path is not known: {path.why}", model=name)
        return
    container = serving.container
    if is_relative(path.text):
        facts = {"base_path": path.text, "model": name or ""}
        words = f"Expected model {name or ''} to have an absolute path or URI; got base_path()={path.text}"
        serving.remark("TRT405", path.at, **facts, message=words)
        why_not = f"base path '{path.text}' is neither absolute nor a URI, which the server refuses"
        serving.unknown(server, BASE_PATH, path.at, why_not, model=name, inside=path.text, said=True)
        return
    inside = path.text if is_uri(local(path.text)) else normal(local(path.text))
    place = host_path(path.text, container.mounts, serving.tree)
    singles = versions_inside(path.text, container.mounts, serving.tree) if not is_uri(inside) else []
    for target, each in singles:
        serving.edge(server, ARTIFACT, each, path.at, model=name, inside=target, versions=versions, why=why)
    # What only single versions are mounted into is empty else.
    if not singles or not place.unknown:
        serving.edge(server, BASE_PATH, place, path.at, model=name, inside=inside, versions=versions, why=why)


def _configured(serving: Serving, server: Server, said: Said, flags: Flags, start: Start) -> None:
    """The edges of the models that --model_config_file lists."""
    if said.text is None:
        serving.unknown(server, BASE_PATH, said.at, f"--model_config_file is not known: {said.why}")
        return
    place = host_path(said.text, serving.container.mounts, serving.tree, start.workdir)
    platforms = bool(flags.text("platform_config_file"))
    config, why = _config(serving, place, said, platforms)
    if config is None:
        serving.unknown(server, BASE_PATH, place.at or said.at, why, inside=said.text)
        return
    if not config.models:
        serving.unknown(server, BASE_PATH, place.at or said.at, f"{said.text} lists no model", inside=said.text)
        return
    chain = [*start.why, (said.at, f"--model_config_file={said.text}"), *place.why]
    for model in config.models:
        if model.unknown:
            name, path = model.name.text, model.base_path
            serving.unknown(server, BASE_PATH, path.at, model.unknown, model=name, inside=path.text, said=True)
            continue
        before = len(serving.edges)
        _base_path(serving, server, model.name.text, model.base_path, chain, model.versions)
        for edge in serving.edges[before:]:
            if edge.at != model.base_path.at and all(at != edge.at for at, _ in edge.why):
                edge.why = (*edge.why, (edge.at, f"what lies at {edge.inside} comes from here"))
            edge.at = model.base_path.at


def _config(serving: Serving, place: Place, said: Said, platforms: bool) -> tuple[Config | None, str]:
    """models.config at a place, or why it is not read."""
    from pytest_trt.deploy.readers.models_config import parse

    if place.literal is not None:
        text, path, first = place.literal.text or "", place.literal.at.path, place.literal.at.line or 1
    elif place.uri is not None:
        return None, f"models.config is at {place.uri}, which is not among the files"
    else:
        found = serving.tree.first(place.paths)
        if found is None:
            missing = f"{place.paths[0]} is not there" if place.paths else place.unknown
            return None, f"{said.text}: {missing}"
        if not serving.tree.is_file(found):
            return None, f"{said.text}: {found} is not a file inside of what is checked"
        path, first = serving.known_files.get(os.path.normpath(found), found), 1
        serving.configs.add(path)
        try:
            text = serving.tree.read(found, mark=True)
        except ArtifactError as error:
            return None, f"{said.text}: {error.why}"
    config = parse(text, path, first, platforms)
    serving.remarks += config.remarks
    return config, ""


def bitnami(serving: Serving, words: Sequence[Said] | None) -> None:
    """Bitnami's run.sh: a template of models.config with one model, or the config that is mounted."""
    container = serving.container
    flags = of_model_server(words or ())
    server = serving.server(flags.last)
    for variable in _VARIABLES:
        if variable in container.env:
            effect = f"Bitnami's image reads {BITNAMI_NAME}, and serves what is in {BITNAMI_ROOT}"
            serving.remark("TRT423", container.env[variable].at, words=variable, effect=effect)
    place = host_path(BITNAMI_CONFIG, container.mounts, serving.tree)
    if place.literal is not None or serving.tree.first(place.paths) is not None:
        said = Said(BITNAMI_CONFIG, place.at or container.image.at)
        from pytest_trt.deploy.servers.command import MODEL_SERVER, Start

        _configured(serving, server, said, flags, Start(MODEL_SERVER, (), said.at))
        return
    name = container.env.get(BITNAMI_NAME) or Said("resnet", container.image.at)
    why = [(container.image.at, f"Bitnami's image serves {BITNAMI_ROOT}")]
    _base_path(serving, server, name.text, Said(BITNAMI_ROOT, container.image.at), why)


def sagemaker(serving: Serving) -> None:
    """SageMaker's serve.py: every folder above a `<digits>/saved_model.pb` in /opt/ml/model is a model."""
    container = serving.container
    server = serving.server()
    multi = container.env.get("SAGEMAKER_MULTI_MODEL")
    several = multi is not None and (multi.text or "").lower() == "true"
    root = "/opt/ml/models" if several else "/opt/ml/model"
    place = host_path(root, container.mounts, serving.tree)
    found = serving.tree.first(place.paths)
    at = place.at or container.image.at
    if found is None:
        if place.uri is not None or place.paths:
            serving.edge(server, BASE_PATH, place, at, inside=root, versions=("all",))
        else:
            serving.unknown(server, BASE_PATH, at, place.unknown, inside=root)
        return
    bases = _bases(serving, found)
    if not bases:
        why = f"{found} holds no <digits>/saved_model.pb"
        serving.remark("TRT421", at, why=why, message="no SavedModel bundles found!")
        serving.unknown(server, BASE_PATH, at, why, inside=root, said=True)
    names: dict[str, str] = {}
    for base in bases:
        rest = os.path.relpath(base, found).replace(os.sep, "/")
        inside = root if rest == "." else f"{root}/{rest}"
        # Each model of a multi-model endpoint has a server of its own, and the name that it is asked for by.
        name = rest.split("/")[0] if several else posixpath.basename(inside)
        if name in names and not several:
            why = f"{names[name]} and {base} are both called {name}, by the last part of their paths"
            message = f"Illegal to list model {name} multiple times in config list"
            serving.remark("TRT421", at, why=why, message=message)
        names.setdefault(name, base)
        why_here = [(container.image.at, "SageMaker serves every <digits>/saved_model.pb in it")]
        here = Place(paths=[base], at=at, why=place.why)
        serving.edge(server, BASE_PATH, here, at, model=name, inside=inside, versions=("all",), why=why_here)


def _bases(serving: Serving, root: str, depth: int = 6, most: int = 2_000) -> list[str]:
    """The folders above `<digits>/saved_model.pb`, as serve.py walks them."""
    found: list[str] = []
    waiting = [(root, 0)]
    while waiting and most:
        folder, level = waiting.pop()
        most -= 1
        names = serving.tree.names(folder)
        inner = []
        for name in names:
            below = posixpath.join(folder, name)
            if name.isdigit() and name.isascii() and serving.tree.is_file(posixpath.join(below, "saved_model.pb")):
                if folder not in found:
                    found.append(folder)
            elif level < depth and serving.tree.is_folder(below):
                inner.append((below, level + 1))
        waiting += reversed(inner)
    return sorted(found)


def _ignored(serving: Serving, start: Start, flags: Flags) -> None:
    """TRT423: words that the server reports as unknown and goes on without."""
    if not flags.ignored:
        return
    first = flags.ignored[0]
    words = " ".join(shape(word).replace("\0", "?") for word in flags.ignored)
    words = words if len(words) <= 120 else words[:117] + "..."
    names = [posixpath.basename(word.text or "") for word in flags.ignored]
    if start.stock and names[0] in ("tensorflow_model_server", "sh", "bash"):
        effect = (
            "words behind the image are added to its entrypoint, which starts the server already"
            if names[0] == "tensorflow_model_server"
            else "words behind the image are added to its entrypoint, which starts no shell"
        )
    elif any((word.text or "").startswith("--") and "=" not in (word.text or "") for word in flags.ignored):
        effect = "the server reads --name=value only, with the equals sign"
    else:
        effect = "the server knows no such argument"
    message = f"unknown argument: {shape(first)}" if first.text is not None else ""
    serving.remark("TRT423", first.at, words=words, effect=effect, message=message)


def _unread(serving: Serving, flags: Flags, start: Start) -> None:
    """TRT423: MODEL_NAME and MODEL_BASE_PATH, which only the image's own entrypoint reads."""
    container = serving.container
    if images.kind(container.image.text or "") != images.STOCK:
        return
    said = " ".join(shape(word) for word in start.words)
    parts = set(re.split(r"[=/,\s]+", said))
    for variable in _VARIABLES:
        value = container.env.get(variable)
        if value is None or not value.text or value.text in parts or "/" in value.text and value.text in said:
            continue
        default = STOCK_NAME if variable == "MODEL_NAME" else STOCK_ROOT
        if value.text.rstrip("/") == default:
            continue
        effect = f"the entrypoint is replaced, and {posixpath.basename(start.program)} itself does not read it"
        serving.remark("TRT423", value.at, words=variable, effect=effect)

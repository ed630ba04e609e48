"""Which servers a container starts, by its image and its command, and the edges of each."""

from __future__ import annotations

import posixpath

from pytest_trt.deploy import images
from pytest_trt.deploy.edge import ARTIFACT, BASE_PATH, OTHER, REPOSITORY, TENSORFLOW_SERVING, TRITON, Said
from pytest_trt.deploy.scope import UNKNOWN, shape
from pytest_trt.deploy.servers import tensorflow_serving, triton
from pytest_trt.deploy.servers.command import (
    MODEL_SERVER,
    STOCK_ENTRYPOINT,
    Command,
    Inside,
    Start,
    by_caller,
    command,
)
from pytest_trt.deploy.servers.paths import Place, below, normal
from pytest_trt.deploy.servers.serving import Serving

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.reading import Container
    from pytest_trt.deploy.tree import Tree

# Where the images' programs run. Source: tensorflow_serving/tools/docker/Dockerfile (none is set), and WORKDIR in
# triton-inference-server/server's build.py.
_WORKDIRS = {TENSORFLOW_SERVING: "/", TRITON: "/opt/tritonserver"}


def servings(
    container: Container,
    tree: Tree,
    chain: Sequence[tuple[Location, str]] = (),
    known_files: Mapping[str, str] | None = None,
) -> list[Serving]:
    """The servers of a container; none where it is no model server's. chain, known_files: as in Serving."""
    # A tag that is not known leaves the repository, and with it the family and the entrypoint.
    image = container.image.text if container.image.text is not None else shape(container.image).strip(UNKNOWN) or None
    family = images.family(image) if image is not None else None
    why = [*chain, (container.at, container.why)] if container.why else list(chain)

    def serving(of: str) -> Serving:
        return Serving(container, of, tree, why, known_files)

    if family == OTHER:
        found = serving(OTHER)
        what = f"{image} is neither TensorFlow Serving nor Triton"
        found.unknown(found.server(), ARTIFACT, container.image.at, what)
        return [found]
    kind = images.kind(image) if image is not None else images.PLAIN
    if container.entrypoint is None and kind in (images.SAGEMAKER, images.BITNAMI, images.VERTEX, images.PROXY):
        special = _special(container, serving(family or TENSORFLOW_SERVING), kind, tree)
        if special is not None:
            return [special]
    workdir = _WORKDIRS.get(family or "") if container.workdir is None else container.workdir.text
    inside = Inside(container.env, container.mounts, tree, workdir)
    outcome = _outcome(container, inside, kind)
    results: list[Serving] = []
    for start in outcome.starts:
        each = serving(TENSORFLOW_SERVING if start.program == MODEL_SERVER else TRITON)
        if start.program == MODEL_SERVER:
            tensorflow_serving.started(each, start)
        else:
            triton.started(each, start)
        results.append(each)
    if not results and outcome.unknown:
        of = family or (images.resembles(image) if image is not None else None)
        if of is not None:
            each = serving(of)
            each.unknown(each.server(), _shape(of), outcome.at or container.image.at, outcome.unknown)
            results.append(each)
        elif container.image.text is None and _speaks_of_serving(container):
            each = serving(TENSORFLOW_SERVING)
            at = container.image.at
            each.unknown(each.server(), BASE_PATH, at, f"the image is not known: {container.image.why}", said=True)
            results.append(each)
    for each in results:
        each.scripts = inside.scripts
    return results


def _speaks_of_serving(container: Container) -> bool:
    """Whether a container of an unknown image is told what tensorflow/serving is told: MODEL_NAME, and /models."""
    root = container.env.get("MODEL_BASE_PATH")
    folder = normal(root.text) if root is not None and root.text else tensorflow_serving.STOCK_ROOT
    return "MODEL_NAME" in container.env and any(
        below(normal(mount.target), folder) is not None for mount in container.mounts
    )


def _outcome(container: Container, inside: Inside, kind: str) -> Command:
    """What the container's command starts."""
    if kind == images.STOCK:
        at = container.image.at
        stock = {
            "MODEL_NAME": Said(tensorflow_serving.STOCK_NAME, at),
            "MODEL_BASE_PATH": Said(tensorflow_serving.STOCK_ROOT, at),
        }
        inside.env = {**stock, **inside.env}
    entrypoint, args = container.entrypoint, container.args or []
    if container.command_is_shell and entrypoint:
        entrypoint = _spelled(entrypoint)
    elif container.command_is_shell:
        args = _spelled(args)
    if entrypoint:
        return command([*entrypoint, *args], inside)
    if entrypoint is None and kind == images.STOCK:
        first = Said(STOCK_ENTRYPOINT, container.image.at)
        if inside.covers(STOCK_ENTRYPOINT):
            return command([first, *args], inside)
        return Command([Start(MODEL_SERVER, args, container.image.at, workdir=inside.workdir, stock=True)])
    if not args:
        what = container.image.text or "the image"
        return Command(unknown=f"nothing in the files says what {what} starts", at=container.image.at)
    found = command(args, inside)
    if not found.starts and images.family(container.image.text or "") is None and _flags_only(args):
        # An image of nobody we know, whose entrypoint takes flags of a server.
        text = container.image.text or "the image"
        return Command(unknown=f"the entrypoint of {text} is not in the files", at=args[0].at)
    return found


def _spelled(words: Sequence[Said]) -> list[Said]:
    """One shell string, as docker runs it."""
    if len(words) != 1:
        return list(words)
    at = words[0].at
    return [Said("/bin/sh", at), Said("-c", at), words[0]]


def _flags_only(args: Sequence[Said]) -> bool:
    return all(shape(word).startswith("-") or by_caller(word) for word in args)


def _special(container: Container, found: Serving, kind: str, tree: Tree) -> Serving | None:
    """Images with an entrypoint of their own, as far as the command is left to it."""
    args = container.args or []
    name = posixpath.basename(args[0].text or "") if args else ""
    if kind == images.SAGEMAKER:
        if args and name not in ("serve", "serve.py", "run"):
            return None
        if found.family == TRITON:
            triton.sagemaker(found)
        else:
            tensorflow_serving.sagemaker(found)
        return found
    if kind == images.BITNAMI:
        if args and name not in ("run.sh", "tensorflow_model_server") and not name.startswith("--"):
            return None
        if name == "tensorflow_model_server":
            return None
        tensorflow_serving.bitnami(found, args if name.startswith("--") else ())
        return found
    server = found.server()
    at = container.image.at
    if kind == images.PROXY:
        found.unknown(server, BASE_PATH, at, "it passes requests on; which server is behind it, SeldonDeployments say")
        return found
    uri = container.env.get("AIP_STORAGE_URI")
    if uri is not None and uri.text is not None:
        found.edge(server, ARTIFACT, Place(uri=uri.text, at=uri.at), at)
    else:
        found.unknown(server, ARTIFACT, at, "Vertex AI gives it a model that is not named here")
    return found


def _shape(family: str) -> str:
    return BASE_PATH if family == TENSORFLOW_SERVING else REPOSITORY

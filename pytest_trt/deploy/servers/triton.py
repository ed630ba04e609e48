"""Triton: which model repositories a container's command comes to.

Sources: docs/user_guide/model_repository.md and model_management.md of triton-inference-server/server at r25.02;
docker/sagemaker/serve at r26.08.
"""

from __future__ import annotations

import posixpath

from pytest_trt.deploy.edge import MODEL, REPOSITORY, Said
from pytest_trt.deploy.servers.flags import of_triton
from pytest_trt.deploy.servers.paths import Place, host_path, is_uri, normal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.deploy.servers.command import Start
    from pytest_trt.deploy.servers.flags import Flags
    from pytest_trt.deploy.servers.serving import Serving

# The second is the older name, which still is understood.
REPOSITORIES = ("model-repository", "model-store")
SAGEMAKER_ROOT = "/opt/ml/model"

_SCHEMES = ("gs://", "s3://", "as://")


def started(serving: Serving, start: Start) -> None:
    """The edges of a tritonserver or trtserver that a command starts: one for each repository."""
    flags = of_triton(start.words)
    server = serving.server(flags.last)
    roots = [value for name, value in flags.all if name in REPOSITORIES]
    if flags.unknown is not None:
        word = flags.unknown
        serving.unknown(server, REPOSITORY, word.at, f"a word of the command is not known: {word.why}")
    elif not roots:
        serving.unknown(server, REPOSITORY, start.at, "no --model-repository is given, without which Triton ends")
    places: list[tuple[Said, str, Place]] = []
    for root in roots:
        if root.text is None:
            serving.unknown(server, REPOSITORY, root.at, f"the repository is not known: {root.why}")
            continue
        workdir = start.workdir
        remote = is_uri(root.text) and root.text.startswith(_SCHEMES)
        inside = root.text if remote else normal(root.text, workdir)
        place = (
            Place(uri=root.text) if remote else host_path(root.text, serving.container.mounts, serving.tree, workdir)
        )
        places.append((root, inside, place))
    names = _asked(flags)
    for root, inside, place in places:
        if not names:
            serving.edge(server, REPOSITORY, place, root.at, inside=inside, why=start.why)
            continue
        for name in names:
            here = Place(
                paths=[posixpath.join(each, name) for each in place.paths],
                uri=f"{place.uri.rstrip('/')}/{name}" if place.uri else None,
                unknown=place.unknown,
                at=place.at,
                why=place.why,
            )
            if len(places) > 1 and serving.tree.first(here.paths) is None and not here.uri:
                continue
            serving.edge(server, MODEL, here, root.at, model=name, inside=posixpath.join(inside, name), why=start.why)


def _asked(flags: Flags) -> list[str]:
    """The models that are loaded at the start where only those are; none where all of the repository may be."""
    if flags.text("model-control-mode") != "explicit":
        return []
    names = [value.text for name, value in flags.all if name == "load-model"]
    return [] if "*" in names else list(dict.fromkeys(name for name in names if name))


def sagemaker(serving: Serving) -> None:
    """SageMaker's serve: the repository is /opt/ml/model."""
    container = serving.container
    place = host_path(SAGEMAKER_ROOT, container.mounts, serving.tree)
    found = serving.tree.first(place.paths)
    at = place.at or container.image.at
    if found is not None and serving.tree.is_file(posixpath.join(found, "config.pbtxt")):
        why = f"{found} is the root of the repository and holds a config.pbtxt itself"
        serving.remark("TRT421", at, why=why, message="Model directory needs to contain the top level folder")
    server = serving.server()
    default = container.env.get("SAGEMAKER_TRITON_TENSORFLOW_VERSION")
    if default is not None and default.text:
        server.flags["backend-config.tensorflow.version"] = default
    why_here = [(container.image.at, "SageMaker's Triton serves the repository /opt/ml/model")]
    serving.edge(server, REPOSITORY, place, at, inside=SAGEMAKER_ROOT, why=why_here)

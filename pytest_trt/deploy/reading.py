"""What the readers take out of deployment files, before anything is joined."""

from __future__ import annotations

from pytest_trt.deploy.edge import Said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.edge import Edge, Remark
    from pytest_trt.deploy.repository import ModelConfig

# What is mounted or copied into a container.
HOST, URI, CONFIG_MAP, VOLUME, LITERAL = "host", "uri", "configmap", "volume", "literal"


class Mount:
    """Something appears at a path inside a container.

    target: absolute path inside. kind: HOST (source is a path beside the file, candidates in paths), URI (source is
    one), CONFIG_MAP (source is `name` or `name/key`), VOLUME (a named volume or claim: what it holds is not in the
    files), LITERAL (source is the file's text itself: a heredoc, a ConfigMap's data once it is found).
    paths: local candidates, nearest first, for HOST. at: where it is said. why: a sentence for people.
    """

    __slots__ = ("target", "kind", "source", "paths", "at", "why")

    def __init__(
        self, target: str, kind: str, source: Said, at: Location, paths: Sequence[str] = (), why: str = ""
    ) -> None:
        self.target = target
        self.kind = kind
        self.source = source
        self.paths = tuple(paths)
        self.at = at
        self.why = why


class Container:
    """A container as a file describes it: docker run, a compose service, a container of a pod, an image's own defaults.

    image: the reference. built: the Dockerfile that the image is built from, where the file says so, as local
    candidates (compose `build:`); its defaults then lie below what is said here. entrypoint: words that replace the
    image's, None where they are kept. args: words behind it (docker's CMD, Kubernetes' args), None where kept.
    command_is_shell: the words were one shell string. env: in the order said. mounts: in the order said; init
    containers that fetch a model are URI mounts. workdir. gpu, gpu_at, capability, capability_at: as in Server.
    name: of the service or container. at: where it begins. why: a sentence for people.
    """

    __slots__ = (
        "image", "built", "entrypoint", "args", "command_is_shell", "env", "mounts", "workdir", "gpu", "gpu_at",
        "capability", "capability_at", "name", "at", "why",
    )  # fmt: skip

    def __init__(
        self,
        image: Said,
        at: Location,
        *,
        built: Sequence[str] = (),
        entrypoint: Sequence[Said] | None = None,
        args: Sequence[Said] | None = None,
        command_is_shell: bool = False,
        env: Mapping[str, Said] | None = None,
        mounts: Sequence[Mount] = (),
        workdir: Said | None = None,
        gpu: bool | None = None,
        gpu_at: Location | None = None,
        capability: str | None = None,
        capability_at: Location | None = None,
        name: str | None = None,
        why: str = "",
    ) -> None:
        self.image = image
        self.at = at
        self.built = tuple(built)
        self.entrypoint = None if entrypoint is None else list(entrypoint)
        self.args = None if args is None else list(args)
        self.command_is_shell = command_is_shell
        self.env = dict(env or {})
        self.mounts = list(mounts)
        self.workdir = workdir
        self.gpu = gpu
        self.gpu_at = gpu_at
        self.capability = capability
        self.capability_at = capability_at
        self.name = name
        self.why = why


class Built:
    """An image that files build: a Dockerfile's last stage (or each named one), folded into one Container.

    container.image: the base of the stage, resolved through earlier stages and ARG defaults. mounts: its COPY and ADD.
    tags: names that scripts give it (`docker build -t`), filled in when files are joined. dockerfile: its path.
    stage: the stage's name, None for the last one.
    """

    __slots__ = ("container", "dockerfile", "stage", "tags")

    def __init__(self, container: Container, dockerfile: str, stage: str | None = None) -> None:
        self.container = container
        self.dockerfile = dockerfile
        self.stage = stage
        self.tags: list[str] = []


class Tag:
    """`docker build -t NAME -f DOCKERFILE CONTEXT`: candidates for the Dockerfile, and the name that the image gets."""

    __slots__ = ("name", "dockerfiles", "stage", "at")

    def __init__(self, name: Said, dockerfiles: Sequence[str], at: Location, stage: str | None = None) -> None:
        self.name = name
        self.dockerfiles = tuple(dockerfiles)
        self.stage = stage
        self.at = at


class Reading:
    """One deployment file, read.

    path: as the user gave it. kind: "dockerfile", "compose", "kubernetes", "kserve", "helm", "pipeline", "ansible",
    "shell", "makefile", "models.config", "config.pbtxt", "sagemaker". containers, built, tags: what it says of them.
    config_maps: name -> key -> text, with its place. edges: those that need no joining (KServe's storageUri, a
    config.pbtxt). remarks: what is to be said of the file itself. repositories: models of Triton that it describes.
    """

    __slots__ = ("path", "kind", "containers", "built", "tags", "config_maps", "edges", "remarks", "repositories")

    def __init__(self, path: str, kind: str) -> None:
        self.path = path
        self.kind = kind
        self.containers: list[Container] = []
        self.built: list[Built] = []
        self.tags: list[Tag] = []
        self.config_maps: dict[str, dict[str, Said]] = {}
        self.edges: list[Edge] = []
        self.remarks: list[Remark] = []
        self.repositories: list[ModelConfig] = []

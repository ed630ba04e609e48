"""An edge: a deployment file says that a server serves what lies at a path."""

from __future__ import annotations

from pytest_trt.artifacts.location import Location

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# What lies at an edge's path.
BASE_PATH = "base path"  # version folders of one model, as TensorFlow Serving has it
BASE_PATHS = "base paths"  # a folder of such folders, one a model
REPOSITORY = "model repository"  # Triton: model folders, each with version folders
MODEL = "model"  # Triton: one model folder
ARTIFACT = "artifact"  # a SavedModel folder or a file

TENSORFLOW_SERVING, TRITON, OTHER = "tensorflow-serving", "triton", "other"


class Said:
    """A word of a deployment file and its place. text: None where it cannot be resolved; `why` says the reason then."""

    __slots__ = ("text", "at", "why")

    def __init__(self, text: str | None, at: Location, why: str = "") -> None:
        self.text = text
        self.at = at
        self.why = why

    def __repr__(self) -> str:
        return f"Said({self.text!r}, {self.at}{', ' + self.why if self.why else ''})"


class Server:
    """What serves.

    family: TENSORFLOW_SERVING, TRITON or OTHER (a server that is known to be neither; such edges are kept for the map).
    image: the reference, as `tensorflow/serving:2.18.0-gpu`; .text None where it is unknown, with the reason.
    gpu: whether the deployment gives it a GPU; None where the file does not say. gpu_at: where it says so.
    capability: compute capability of that GPU, "8.9", None where nobody says; capability_at: where that is said.
    env: environment variables; flags: those of the server program, without dashes, the last of each name.
    """

    __slots__ = ("family", "image", "gpu", "gpu_at", "capability", "capability_at", "env", "flags")

    def __init__(
        self,
        family: str,
        image: Said,
        *,
        gpu: bool | None = None,
        gpu_at: Location | None = None,
        capability: str | None = None,
        capability_at: Location | None = None,
        env: Mapping[str, Said] | None = None,
        flags: Mapping[str, Said] | None = None,
    ) -> None:
        self.family = family
        self.image = image
        self.gpu = gpu
        self.gpu_at = gpu_at
        self.capability = capability
        self.capability_at = capability_at
        self.env = dict(env or {})
        self.flags = dict(flags or {})


class Edge:
    """One server serves what lies at one path.

    at: the line that deploys (of the path, as a rule). model: the name that it is served under, None where unknown.
    paths: local candidates for the path, nearest first, as `deploy/models/resnet`; the first that exists counts; empty
    where the path is remote or unknown. uri: where it is remote, as `s3://bucket/models`. unknown: why there is no
    path, "" where there is one. shape: what lies there. versions: ("latest", n), ("all",) or ("specific", 1, 3).
    inside: the path as the server sees it, as `/models/resnet`, None where it is unknown.
    why: the chain of places and sentences that lead here, in the order of the argument.
    """

    __slots__ = ("at", "server", "model", "paths", "uri", "unknown", "shape", "versions", "inside", "why")

    def __init__(
        self,
        at: Location,
        server: Server,
        shape: str,
        *,
        model: str | None = None,
        paths: Sequence[str] = (),
        uri: str | None = None,
        unknown: str = "",
        versions: tuple[str | int, ...] = ("latest", 1),
        inside: str | None = None,
        why: Sequence[tuple[Location, str]] = (),
    ) -> None:
        self.at = at
        self.server = server
        self.shape = shape
        self.model = model
        self.paths = tuple(paths)
        self.uri = uri
        self.unknown = unknown
        self.versions = versions
        self.inside = inside
        self.why = tuple(why)

    def __repr__(self) -> str:
        what = self.paths or self.uri or self.unknown
        return f"Edge({self.at}: {self.server.family} {self.server.image.text} <- {what})"


class Remark:
    """Something to say of a deployment file itself.

    code: the rule that words it, as "TRT403". facts: what its sentence needs, by names that the rule knows.
    """

    __slots__ = ("code", "at", "facts", "also")

    def __init__(
        self,
        code: str,
        at: Location,
        facts: Mapping[str, str] | None = None,
        also: Sequence[tuple[Location, str]] = (),
    ) -> None:
        self.code = code
        self.at = at
        self.facts = dict(facts or {})
        self.also = tuple(also)

    def __repr__(self) -> str:
        return f"Remark({self.code} at {self.at}: {self.facts})"


def line(path: str, number: int) -> Location:
    """A line of a deployment file; number counts from 1."""
    return Location(path, (("line", str(number)),))

"""A destination: an artifact and the server that is to have it."""

from __future__ import annotations

from pytest_trt.deploy.edge import OTHER, TENSORFLOW_SERVING, TRITON

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.artifacts.open import Found
    from pytest_trt.deploy.edge import Edge
    from pytest_trt.deploy.repository import ModelConfig
    from pytest_trt.serving.runtime import Runtime
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.triton import Triton

    Asked = Target | Runtime | Triton

FAMILIES = {TENSORFLOW_SERVING: "TensorFlow Serving", TRITON: "Triton", OTHER: "another server"}


class Destination:
    """One artifact and one server.

    path: of the artifact, as it would be given to trt-lint; None where none of the checked files is meant: then `edge`
    says what is (a bucket, a path on the host). found: how it is opened, None without a path.
    edge: the deployment that says so, None for configuration. target: what it is judged against, None where that is
    not known. name: of the server, for people: the image as it is written, else its kind. why: places and sentences
    in the order of the argument. unknown: why there is no target or no path, "" where both are there.
    served: False for a version that the policy leaves out: it is judged, and nothing is said of its deployment.
    defaults: whether the default targets, the newest tensorflow/serving, may stand in for a target that is not known.
    base: what its versions have in common, the model's folder. model: of a Triton repository, what its config says.
    """

    __slots__ = ("path", "found", "edge", "target", "name", "why", "unknown", "served", "defaults", "base", "model")

    def __init__(
        self,
        path: str | None,
        target: Asked | None,
        name: str,
        *,
        found: Found | None = None,
        edge: Edge | None = None,
        why: Sequence[tuple[Location, str]] = (),
        unknown: str = "",
        served: bool = True,
        defaults: bool = True,
        base: str | None = None,
        model: ModelConfig | None = None,
    ) -> None:
        self.path = path
        self.found = found
        self.edge = edge
        self.target = target
        self.name = name
        self.why = list(why)
        self.unknown = unknown
        self.served = served
        self.defaults = defaults
        self.base = path if base is None else base
        self.model = model

    @property
    def family(self) -> str | None:
        """TENSORFLOW_SERVING, TRITON or OTHER; None where configuration names the target."""
        return None if self.edge is None else self.edge.server.family

    def __repr__(self) -> str:
        return f"Destination({self.path} -> {self.name}{', ' + self.unknown if self.unknown else ''})"

"""The map: every artifact below some paths with its servers, and every deployment whose model is not among them."""

from __future__ import annotations

from pytest_trt.artifacts.open import open_artifact
from pytest_trt.lint.destinations.survey import Survey
from pytest_trt.lint.walk import Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.errors import ArtifactError
    from pytest_trt.lint.config import Config
    from pytest_trt.lint.destinations.destination import Destination


class Stop:
    """One artifact. path, kind: as in a report. destinations: empty where nothing says which server it goes to."""

    __slots__ = ("path", "kind", "destinations")

    def __init__(self, path: str, kind: str, destinations: Sequence[Destination]) -> None:
        self.path = path
        self.kind = kind
        self.destinations = list(destinations)


class Map:
    """stops: artifacts, by path. elsewhere: destinations whose model is remote, missing or unknown. unread: errors."""

    __slots__ = ("stops", "elsewhere", "unread")

    def __init__(self, stops: list[Stop], elsewhere: list[Destination], unread: list[ArtifactError]) -> None:
        self.stops = stops
        self.elsewhere = elsewhere
        self.unread = unread


def draw(paths: Sequence[str], config: Config | None = None, exclude: Sequence[str] = ()) -> Map:
    """Nothing is judged. paths, exclude: as Walk has them."""
    walk = Walk(paths, config, exclude)
    survey = Survey(walk, config)
    stops = []
    for one in survey.artifacts():
        artifact = open_artifact(one)
        if artifact is not None:
            stops.append(Stop(artifact.path, artifact.kind, survey.pairing.to(one.path)))
            artifact.close()
    elsewhere = [one for one in survey.pairing.destinations if one.path is None]
    return Map(sorted(stops, key=lambda stop: stop.path), elsewhere, walk.failed)

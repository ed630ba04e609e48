"""The map: every artifact below some paths with its servers, and every deployment whose model is not among them."""

from __future__ import annotations

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.open import discover, open_artifact
from pytest_trt.deploy.names import kind_of_name
from pytest_trt.lint.destinations.survey import Survey
from pytest_trt.lint.runner import walk_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """Nothing is judged. paths, exclude: as runner.check has them."""
    files: list[str] = []
    failed: list[ArtifactError] = []
    excluded, ignored = walk_of(paths, exclude, config)

    def passed(path: str, name: str) -> None:
        if kind_of_name(name) is not None and (path in paths or not excluded(path)):
            files.append(path)

    found = list(discover(paths, excluded, failed.append, passed))
    survey = Survey(paths, files, config, ignored=ignored.above if ignored is not None else None)
    survey.route(found)
    stops = []
    for one in survey.all_of(found, excluded):
        artifact = open_artifact(one)
        if artifact is not None:
            stops.append(Stop(artifact.path, artifact.kind, survey.pairing.to(one.path)))
            artifact.close()
    elsewhere = [one for one in survey.pairing.destinations if one.path is None]
    return Map(sorted(stops, key=lambda stop: stop.path), elsewhere, failed)

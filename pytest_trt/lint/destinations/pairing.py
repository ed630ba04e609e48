"""Deployments and artifacts brought together: targets for artifacts, findings for the lines that deploy them."""

from __future__ import annotations

import os

from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.open import is_model
from pytest_trt.artifacts.saved_model import GRAPH_FILES
from pytest_trt.deploy.edge import OTHER, REPOSITORY, TENSORFLOW_SERVING, TRITON, line
from pytest_trt.lint.case import cause
from pytest_trt.lint.destinations import faults, servers
from pytest_trt.lint.destinations.destination import Destination
from pytest_trt.lint.destinations.places import Places
from pytest_trt.lint.destinations.remarks import reason_of
from pytest_trt.serving.verdict import FILE, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from pytest_trt.artifacts.open import Found
    from pytest_trt.deploy.edge import Edge, Remark
    from pytest_trt.deploy.reading import Reading
    from pytest_trt.deploy.repository import ModelConfig
    from pytest_trt.deploy.tree import Tree
    from pytest_trt.lint.case import Case
    from pytest_trt.lint.destinations.destination import Asked
    from pytest_trt.lint.destinations.places import Item

    Read = Callable[[Found, Sequence[Asked]], Case | None]

_CONFIGS = ("models.config", "config.pbtxt", "sagemaker")
# Places that a finding shows beside its own.
_PLACES = 3


class Pairing:
    """Which artifact goes where, and what follows.

    First the edges are placed; then each artifact is judged for targets() and learn() is told of it; then reasons()
    has what the deployment files are to say. destinations: all, in the order of the edges, also those without an
    artifact or a target. custom: targets of the configuration. ignored: whether git ignores a path. configs: files
    that never name an image (see configs_of), of which nobody misses one.
    """

    def __init__(
        self,
        tree: Tree,
        *,
        custom: Mapping[str, Asked] | None = None,
        ignored: Callable[[str], bool] | None = None,
        configs: Container[str] = (),
    ) -> None:
        self.destinations: list[Destination] = []
        self._asking = servers.Asking(custom)
        self._configs = configs
        self._places = Places(tree, ignored)
        self._by_key: dict[str, list[Destination]] = {}
        self._reasons: dict[tuple[object, ...], Reason] = {}
        # Artifacts that the lines have been told of: a link gives one several names.
        self._learned: set[str] = set()

    def place(self, edges: Iterable[Edge]) -> None:
        """Find out what lies at the edges' paths, and which targets their servers are."""
        homes: dict[tuple[int, str], str] = {}
        for edge in edges:
            target, unknown = self._asking.target(edge.server)
            why = [*edge.why, *servers.taken_as(edge.server, target)]
            if target is None and edge.server.family != OTHER and not self._of_config(edge):
                self._unknown(edge, unknown)
            items, reasons, absent = self._places.of(edge, target)
            for reason in (*reasons, *_twice(edge, items, homes)):
                self._keep(reason, None)
            name = servers.shown(edge.server)
            for item in items:
                doubt = self._by_flags(edge, item)
                asked = self._asking.target(edge.server, item.capability)[0] if item.capability else target
                self.add(
                    Destination(
                        item.found.path,
                        None if doubt else asked,
                        name,
                        found=item.found,
                        edge=edge,
                        why=why,
                        unknown=doubt or unknown,
                        served=item.served,
                        defaults=not doubt and edge.server.family != TRITON,
                        base=item.base,
                        model=item.model,
                    )
                )
                if item.model is not None:
                    self._accelerated(edge, asked, item.model)
            if not items:
                self.add(Destination(None, target, name, edge=edge, why=why, unknown=absent or unknown))

    def add(self, destination: Destination) -> None:
        """One more destination, as the configuration names them."""
        self.destinations.append(destination)
        if destination.path is not None:
            self._by_key.setdefault(_key(destination.path), []).append(destination)

    def to(self, path: str) -> list[Destination]:
        """The destinations of an artifact."""
        return self._by_key.get(_key(path), [])

    def targets(self, path: str) -> list[Asked] | None:
        """What an artifact is to be judged against.

        None where no server is known for it, and the defaults stand in. An empty list where a server is known and
        its image is not, and the defaults would be wrong (Triton): it has no verdict then.
        """
        found = self.to(path)
        known = list(dict.fromkeys(one.target for one in found if one.target is not None))
        return known if known or not all(one.defaults for one in found) else None

    def artifacts(self) -> list[Found]:
        """Every artifact that an edge leads to, once, in their order; those of the checked folders and others."""
        found: dict[str, Found] = {}
        for one in self.destinations:
            if one.found is not None:
                found.setdefault(_key(one.found.path), one.found)
        return list(found.values())

    def learn(self, case: Case) -> None:
        """A judged artifact: its reasons get the lines that deploy it, and those lines get theirs."""
        found = self.to(case.artifact.path)
        if not found:
            return
        _of_versions(case)
        _at_home(case, found)
        for one in found if _key(case.artifact.path) not in self._learned else ():
            if one.target is None and any(other.target is not None and other.family == one.family for other in found):
                # A config that names no image, beside a deployment that does: the latter has it said.
                continue
            for reason in faults.of(case, one):
                self._keep(reason, one.base or "")
        self._learned.add(_key(case.artifact.path))
        _relate(case, found)

    def reasons(self, remarks: Iterable[Remark] = ()) -> dict[str, list[Reason]]:
        """By deployment file: what its readers remarked and what the pairs showed, in the order of the lines."""
        for remark in remarks:
            reason = reason_of(remark)
            self._reasons.setdefault((reason.code, reason.at, *sorted(reason.facts.items())), reason)
        files: dict[str, list[Reason]] = {}
        for reason in self._reasons.values():
            files.setdefault(reason.at.path, []).append(reason)
        for reasons in files.values():
            reasons.sort(key=lambda one: (_line(one.at), one.code))
        return dict(sorted(files.items()))

    def _keep(self, reason: Reason, base: str | None) -> None:
        """Once an edge and model: further versions add their places and are counted. base: None where none can be."""
        key = (reason.code, reason.at, reason.facts.get("image", ""), base or reason.facts.get("path", ""))
        first = self._reasons.setdefault(key, reason)
        if first is not reason and base is not None:
            first.count += 1
            first.facts["others"] = str(first.count - 1)
            first.also = (*first.also, *(place for place in reason.also[:1] if place not in first.also))[:_PLACES]

    def _of_config(self, edge: Edge) -> bool:
        return edge.server.image.text is None and edge.server.image.at.path in self._configs

    def _unknown(self, edge: Edge, why: str) -> None:
        """The image of an edge is unknown: said once for a file and a cause."""
        image = edge.server.image
        facts = {"what": "image" if image.text is None else "contents", "why": why}
        self._reasons.setdefault(("TRT418", image.at.path, why), Reason(FILE, "TRT418", "", image.at, facts=facts))

    def _by_flags(self, edge: Edge, item: Item) -> str:
        """Why a flag has the server load something else than what verdicts are about, "" where none does."""
        if edge.server.family != TENSORFLOW_SERVING:
            return ""
        tags = edge.server.flags.get("saved_model_tags")
        if tags is not None and tags.text != "serve":
            why = f"--saved_model_tags={tags.text or '?'} has the server load another metagraph than {{serve}}"
            return self._flag(tags.at, why)
        lite = edge.server.flags.get("prefer_tflite_model") or edge.server.flags.get("use_tflite_model")
        if lite is not None and (lite.text or "true").lower() not in ("false", "0"):
            if item.found.folder and os.path.isfile(f"{item.found.path}/model.tflite"):
                why = "--prefer_tflite_model has the server load model.tflite, which trt-lint does not judge"
                return self._flag(lite.at, why)
        return ""

    def _accelerated(self, edge: Edge, target: Asked | None, model: ModelConfig) -> None:
        """TF-TRT that config.pbtxt switches on, in an image that cannot run it."""
        kind = servers.cannot_accelerate(target)
        if kind is None or model.config is None or not model.tensorflow or model.on_cpu:
            return
        switched = next((one for one in model.accelerators if one.gpu and one.name == "tensorrt"), None)
        if switched is not None:
            facts = {"kind": kind, "value": "tensorrt", "image": servers.shown(edge.server), "model": model.name}
            also = [(edge.at, f"{facts['image']} is to serve it")]
            self._keep(Reason(FILE, "TRT410", "", line(model.config, switched.line), also=also, facts=facts), None)

    def _flag(self, at: Location, why: str) -> str:
        reason = Reason(FILE, "TRT418", "", at, facts={"what": "load", "why": why})
        self._reasons.setdefault(("TRT418", at.path, "load", why), reason)
        return why


def pair(
    edges: Iterable[Edge],
    tree: Tree,
    read: Read,
    *,
    remarks: Iterable[Remark] = (),
    custom: Mapping[str, Asked] | None = None,
    ignored: Callable[[str], bool] | None = None,
    configs: Container[str] = (),
) -> tuple[Pairing, list[Case], dict[str, list[Reason]]]:
    """All of it for artifacts that edges lead to: the pairing, their cases, the reasons by deployment file.

    read: opens what was found and judges it for these targets, as runner.read_case does; the caller closes the cases.
    """
    pairing = Pairing(tree, custom=custom, ignored=ignored, configs=configs)
    pairing.place(edges)
    cases = []
    for found in pairing.artifacts():
        case = read(found, pairing.targets(found.path) or [])
        if case is not None:
            pairing.learn(case)
            cases.append(case)
    return pairing, cases, pairing.reasons(remarks)


def configs_of(readings: Iterable[Reading]) -> frozenset[str]:
    """The files that say what is served and never by which image: the servers' own configs, archives."""
    return frozenset(reading.path for reading in readings if reading.kind in _CONFIGS)


def _twice(edge: Edge, items: Iterable[Item], homes: dict[tuple[int, str], str]) -> Iterable[Reason]:
    """Models that a Triton finds in two of its repositories, and so loads from neither. homes: those found so far.

    Source: core/src/model_repository_manager/model_repository_manager.cc (Poll).
    """
    spaces = edge.server.flags.get("model-namespacing")
    if edge.shape != REPOSITORY or spaces is not None and spaces.text != "false":
        return
    for name, path in {one.model.name: one.model.path for one in items if one.model is not None}.items():
        first = homes.setdefault((id(edge.server), name), path)
        if os.path.normpath(first) != os.path.normpath(path):
            words = f"failed to poll model '{name}': not unique across all model repositories"
            why = f"model {name!r} lies in two of its repositories, {first} and {path}, and is loaded from neither"
            facts = {"why": why, "server": TRITON, "model": name, "path": path, "kind": "repositories"}
            yield Reason(FILE, "TRT419", words, edge.at, also=[(Location(first), "the first one")], facts=facts)


def _of_versions(case: Case) -> None:
    """A folder that is served as a version and holds nothing of a SavedModel is a version folder, and no more."""
    artifact = case.artifact
    if artifact.kind != "saved_model" or artifact.content != "absent" or artifact.model is None:
        return
    if not is_model(artifact.model.folder, set(artifact.model.folder.names())):
        artifact.kind = artifact.content = "version_folder"


def _at_home(case: Case, destinations: Sequence[Destination]) -> None:
    """A plan whose server is known is not without a home, whatever its image."""
    if case.artifact.plan is None:
        return
    served = [one for one in destinations if one.served and one.edge is not None]
    tensorflow = [one for one in served if one.family == TENSORFLOW_SERVING]
    if not served:
        return
    homeless = [one for one in case.notices if one.code == "TRT203"]
    for reason in homeless:
        case.notices.remove(reason)
    if tensorflow and not any(one.code == "TRT201" for one in case.notices):
        facts = {"servers": ", ".join(dict.fromkeys(one.name for one in tensorflow)), "cause": "TRT201", "layout": ""}
        case.notices.append(Reason(FILE, "TRT201", "", Location(case.artifact.path), facts=facts))


def _relate(case: Case, destinations: Sequence[Destination]) -> None:
    """Each cause of the artifact gets the lines of those deployments that it concerns."""
    lines: dict[int, list[tuple[Location, str]]] = {}
    for one in destinations:
        if one.edge is not None and one.served:
            place = (one.edge.at, f"{one.name} is to serve it")
            concerned = [reason for reason in case.notices if _concerns(reason, one)]
            for verdict in case.verdicts:
                if one.target is not None and verdict.target.name == one.target.name:
                    concerned += [_first(case, reason) for reason in (*verdict.reasons, *verdict.remarks)]
            for reason in concerned:
                known = lines.setdefault(id(reason), [])
                if place not in known and place not in reason.also and len(known) < _PLACES:
                    known.append(place)
                    reason.also = (*reason.also, place)


def _concerns(reason: Reason, one: Destination) -> bool:
    """Whether a notice, which no target is behind, is about this deployment."""
    if reason.code in ("TRT201", "TRT202", "TRT309"):
        return one.family == TENSORFLOW_SERVING
    return reason.code in ("TRT104", "TRT204", "TRT208", "TRT209")


def _first(case: Case, wanted: Reason) -> Reason:
    """The reason that stands for its cause on all targets: Case.reasons() shows the first verdict's."""
    for verdict in case.verdicts:
        for reason in (*verdict.reasons, *verdict.remarks):
            if cause(reason) == cause(wanted):
                return reason
    return wanted


def _key(path: str) -> str:
    """One name for a path however it is written; what is no file of this machine is its own name."""
    if "://" in path:
        return path.rstrip("/")
    folder, name = os.path.split(path)
    if name in GRAPH_FILES and not os.path.isdir(path):
        path = folder or "."
    return os.path.realpath(path)


def _line(at: Location) -> int:
    return at.line or 0

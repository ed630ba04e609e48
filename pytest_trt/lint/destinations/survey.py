"""All that is known of where artifacts go: what deployment files say and what the configuration says."""

from __future__ import annotations

from pytest_trt.artifacts.open import shown
from pytest_trt.deploy.files import read_all
from pytest_trt.deploy.tree import Tree
from pytest_trt.lint.destinations.destination import Destination
from pytest_trt.lint.destinations.pairing import Pairing, configs_of
from pytest_trt.lint.destinations.remarks import deployment_case

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_trt.artifacts.open import Found
    from pytest_trt.deploy.edge import Edge
    from pytest_trt.lint.case import Case
    from pytest_trt.lint.config import Config
    from pytest_trt.lint.destinations.destination import Asked
    from pytest_trt.lint.walk import Walk
    from pytest_trt.serving.verdict import Reason


class Survey:
    """Destinations of the artifacts of one walk.

    asserted: the user named the targets of everything, so that deployment files are only read for what is wrong with
    themselves. edges: what they say. pairing: what follows.
    """

    def __init__(self, walk: Walk, config: Config | None = None, *, asserted: bool = False) -> None:
        self._walk = walk
        tree = Tree(walk.paths)
        self._readings, edges, self._remarks = read_all(map(shown, walk.files), tree)
        self.edges: list[Edge] = [] if asserted else edges
        custom = config.targets if config is not None else None
        ignored = walk.ignored.above if walk.ignored is not None else None
        self.pairing = Pairing(tree, custom=custom, ignored=ignored, configs=configs_of(self._readings))
        self.pairing.place(self.edges)
        for route in config.destinations if config is not None and not asserted else ():
            for one in walk.found:
                if route.fits(one.path):
                    for target in route.targets():
                        self.pairing.add(
                            Destination(shown(one.path), target, target.name, found=one, why=[route.why()])
                        )

    def artifacts(self) -> Iterator[Found]:
        """What the walk found, and what the deployment files lead to besides."""
        from os.path import normpath, realpath

        found = self._walk.found
        yield from found
        further = self.pairing.artifacts()
        if not further:
            return
        seen = {normpath(one.path) for one in found}
        further = [one for one in further if normpath(one.path) not in seen]
        # What is left may be known by another way to it.
        seen = {realpath(one.path) for one in found} if further else seen
        for one in further:
            if realpath(one.path) not in seen and not _left_out(one.path, self._walk.excluded):
                yield one

    def targets(self, path: str) -> list[Asked] | None:
        """As Pairing.targets has it."""
        return self.pairing.targets(path)

    def learn(self, case: Case) -> None:
        self.pairing.learn(case)

    def deployments(self) -> Iterator[Case]:
        """Each deployment file with what is to be said of it, once all artifacts have been judged."""
        kinds = {reading.path: reading.kind for reading in self._readings}
        reasons: dict[str, list[Reason]] = {path: [] for path in kinds}
        reasons.update(self.pairing.reasons(self._remarks))
        for path, found in sorted(reasons.items()):
            yield deployment_case(path, kinds.get(path, "other"), found)


def _left_out(path: str, excluded: Callable[[str], bool]) -> bool:
    """Whether the user left out a path, or a folder that it is in."""
    steps = path.split("/")
    return any(excluded("/".join(steps[: count + 1])) for count in range(len(steps)) if steps[count] not in ("", ".."))

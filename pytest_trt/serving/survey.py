"""What does not depend on a target: a model's served metagraph, its main graph by name, what its runs reach."""

from __future__ import annotations

from pytest_trt.serving.reach import Main, Reach
from pytest_trt.serving.run import Wiring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.graph import Graph
    from pytest_trt.artifacts.saved_model import SavedModel
    from pytest_trt.serving.verdict import Reason


class Survey:
    """What does not depend on a target, worked out once."""

    __slots__ = (
        "model",
        "metagraph",
        "graph",
        "whole",
        "constants",
        "wiring",
        "reaches",
        "sound",
        "_main",
        "wirings",
    )

    def __init__(self, model: SavedModel) -> None:
        self.model = model
        self.metagraph = model.served() if model.error is None else None
        self.graph: Graph | None = self.metagraph.graph if self.metagraph is not None else None
        self._main: Main | None = None
        # Whether the nodes of every body were read when the file was checked.
        self.whole = self.graph is not None and self.graph.main._nodes is not None
        self.wirings = Wiring(self.graph, self.whole) if self.graph is not None else None
        self.constants: tuple[Reason | None] | None = None
        self.wiring: tuple[Reason | None] | None = None
        # Signatures whose tensors are all there.
        self.sound: set[str] = set()
        self.reaches: dict[tuple[tuple[str, ...], tuple[str, ...]], Reach] = {}

    def release(self) -> None:
        """Let go of what was read."""
        self._main = self.wirings = None
        self.reaches = {}

    @property
    def main(self) -> Main:
        if self._main is None:
            assert self.graph is not None
            self._main = Main(self.graph)
        return self._main

    def reach(self, fetches: Sequence[str], feeds: Sequence[str]) -> Reach:
        """What a run needs of the main graph."""
        key = (tuple(fetches), tuple(feeds))
        found = self.reaches.get(key)
        if found is None:
            assert self.graph is not None
            found = self.reaches[key] = Reach(self.main, self.graph, fetches, feeds)
        return found

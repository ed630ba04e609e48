"""What a stage or a request makes the server instantiate: nodes of the main graph, then functions.

Main graph: the ancestors of what is fetched, by data and control inputs, cut at what is fed. Functions: those that
a reached node calls, by attribute or as its op, and what these call in turn, whole bodies.
Source: tensorflow/core/graph/subgraph.cc (RewriteGraphForExecution), common_runtime/function.cc.
"""

from __future__ import annotations

from pytest_trt.serving.instantiate import CONTROL_FLOW, stateful

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pytest_trt.artifacts.graph import Graph
    from pytest_trt.artifacts.nodes import Node


class Main:
    """The main graph's nodes by name and by position."""

    __slots__ = ("nodes", "index")

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.main.nodes()
        self.index: dict[str, int] = {}
        for place, node in enumerate(self.nodes):
            self.index.setdefault(node.name, place)

    def find(self, tensor: str) -> Node | None:
        """The node of a tensor's or control input's name."""
        place = self.index.get(node_of(tensor))
        return None if place is None else self.nodes[place]

    def ancestors(self, fetches: Iterable[str], feeds: Iterable[str] = ()) -> dict[int, int | None]:
        """Positions of the nodes that run when these tensors are fetched and those fed -> position of who needs it.

        In the order in which they are met; fetched nodes are needed by None. A fed tensor's node runs only if
        another of its outputs is needed; a fed Placeholder's control edges are cut too.
        """
        fed = {tensor_of(tensor) for tensor in feeds}
        fed_nodes = {name for name, _ in fed}
        index = self.index
        nodes = self.nodes
        reached: dict[int, int | None] = {}
        waiting: list[int] = []
        for fetch in fetches:
            place = index.get(node_of(fetch))
            if place is None or place in reached:
                continue
            if tensor_of(fetch) in fed and not fetch.startswith("^"):
                continue
            reached[place] = None
            waiting.append(place)
        for place in waiting:
            for text in nodes[place].inputs:
                before = index.get(text)
                if before is not None:
                    # A plain name: output 0.
                    if text in fed_nodes and (text, 0) in fed:
                        continue
                elif text[:1] == "^":
                    before = index.get(text[1:])
                    if before is None or text[1:] in fed_nodes and nodes[before].op.startswith("Placeholder"):
                        continue
                else:
                    name, output = tensor_of(text)
                    before = index.get(name)
                    if before is None or (name, output) in fed:
                        continue
                if before not in reached:
                    reached[before] = place
                    waiting.append(before)
        return reached


class Reach:
    """What a run needs of the main graph. nodes: positions -> who needs it, as Main.ancestors gives them."""

    __slots__ = ("main", "graph", "fetches", "nodes", "_live", "_callers")

    def __init__(self, main: Main, graph: Graph, fetches: Sequence[str], feeds: Sequence[str]) -> None:
        self.main = main
        self.graph = graph
        self.fetches = fetches
        self.nodes = main.ancestors(fetches, feeds)
        self._live: set[int] | None = None
        self._callers: list[int] | None = None

    def callers(self) -> list[int]:
        """Positions of the nodes that call functions."""
        if self._callers is None:
            nodes, functions = self.main.nodes, self.graph.functions
            self._callers = [place for place in self.nodes if nodes[place].calls or nodes[place].op in functions]
        return self._callers

    def live(self, place: int) -> bool:
        """Whether a node's value is wanted: by a fetch, or by an op that has effects."""
        if self._live is None:
            if self._on_data(place):
                return True
            self._live = self._find_live()
        return place in self._live

    def _on_data(self, place: int) -> bool:
        """Whether the first way that was found from a fetch down to the node goes by values only."""
        nodes = self.main.nodes
        user = self.nodes[place]
        while user is not None:
            name = nodes[place].name
            if not any(text == name or text.startswith(f"{name}:") for text in nodes[user].inputs):
                return False
            if stateful(nodes[user], self.graph):
                return True
            place, user = user, self.nodes[user]
        return True

    def _find_live(self) -> set[int]:
        index, nodes = self.main.index, self.main.nodes
        waiting = [index[node_of(fetch)] for fetch in self.fetches if node_of(fetch) in index]
        functions = self.graph.functions
        waiting += [
            place
            for place in self.nodes
            if nodes[place].op in CONTROL_FLOW or nodes[place].op in functions or stateful(nodes[place], self.graph)
        ]
        live: set[int] = set()
        while waiting:
            place = waiting.pop()
            if place in live or place not in self.nodes:
                continue
            live.add(place)
            for text in nodes[place].inputs:
                before = index.get(text)
                if before is None and text[:1] != "^":
                    before = index.get(node_of(text))
                if before is not None:
                    waiting.append(before)
        return live


def creation_order(nodes: list[Node]) -> list[int]:
    """Positions in the order in which TensorFlow makes nodes of NodeDefs: of those whose inputs are made, the first.

    What waits for one another comes last. Source: GraphConstructor::Convert.
    """
    import heapq

    index: dict[str, int] = {}
    for position, node in enumerate(nodes):
        index.setdefault(node.name, position)
    pending = [0] * len(nodes)
    users: dict[int, list[int]] = {}
    for position, node in enumerate(nodes):
        for text in node.inputs:
            before = index.get(node_of(text))
            if before is None or node.op in ("Merge", "RefMerge") and nodes[before].op.endswith("NextIteration"):
                continue
            pending[position] += 1
            users.setdefault(before, []).append(position)
    ready = [position for position, left in enumerate(pending) if not left]
    heapq.heapify(ready)
    order = []
    while ready:
        position = heapq.heappop(ready)
        order.append(position)
        for user in users.get(position, ()):
            pending[user] -= 1
            if not pending[user]:
                heapq.heappush(ready, user)
    return order + [position for position, left in enumerate(pending) if left]


def node_of(tensor: str) -> str:
    """The node of "node", "node:1" or "^node"."""
    return tensor.lstrip("^").partition(":")[0]


def tensor_of(tensor: str) -> tuple[str, int]:
    """(node, output) of "node" or "node:1"."""
    name, _, output = tensor.rpartition(":")
    if name and output.isdigit():
        return name, int(output)
    return tensor, 0

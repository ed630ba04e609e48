"""What a stage or a request makes the server instantiate: nodes of the main graph, then functions.

Main graph: the ancestors of what is fetched, by data and control inputs, cut at what is fed. Functions: those that
a reached node calls, by attribute or as its op, and what these call in turn, whole bodies.
Source: tensorflow/core/graph/subgraph.cc (RewriteGraphForExecution), common_runtime/function.cc.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_trt.artifacts.graph import Body, Graph, Node


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
        at = 0
        while at < len(waiting):
            place = waiting[at]
            at += 1
            for text in self.nodes[place].inputs:
                if text[:1] == "^":
                    name = text[1:]
                    before = index.get(name)
                    if before is not None and name in fed_nodes and self.nodes[before].op.startswith("Placeholder"):
                        continue
                elif ":" in text or fed_nodes:
                    name, output = tensor_of(text)
                    if (name, output) in fed:
                        continue
                    before = index.get(name)
                else:
                    before = index.get(text)
                if before is not None and before not in reached:
                    reached[before] = place
                    waiting.append(before)
        return reached


class Calls:
    """Functions that are reached: name -> (body that calls it, its node); the first caller met counts."""

    __slots__ = ("graph", "callers", "undefined")

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.callers: dict[str, tuple[Body, Node]] = {}
        self.undefined: list[tuple[Body, Node, str]] = []

    def follow(self, body: Body, nodes: Iterable[Node]) -> None:
        """Everything that these nodes of a body call, whole bodies of the functions included."""
        waiting = [(body, nodes)]
        while waiting:
            caller, some = waiting.pop(0)
            for node in some:
                for name in called(node, self.graph):
                    if name in self.callers:
                        continue
                    function = self.graph.functions.get(name)
                    if function is None:
                        self.undefined.append((caller, node, name))
                        continue
                    self.callers[name] = (caller, node)
                    waiting.append((function, callers_in(function, self.graph)))

    def path(self, name: str) -> list[tuple[str, str]]:
        """From the main graph's node down to this function, as steps (what, name)."""
        steps: list[tuple[str, str]] = []
        while name:
            body, node = self.callers[name]
            steps[:0] = [("node", f"{node.name} ({node.op})"), ("function", name)]
            name = body.name
        return steps


def callers_in(body: Body, graph: Graph) -> list[Node]:
    """The nodes of a body that call functions, by attribute or because their op is a function."""
    if any(op in graph.functions for op in body.ops):
        return [node for node in body.nodes() if node.calls or node.op in graph.functions]
    return body.calling()


def called(node: Node, graph: Graph) -> list[str]:
    """The functions that a node calls."""
    names = [name for _, name in node.calls if name]
    if node.op in graph.functions:
        names.append(node.op)
    return names


def node_of(tensor: str) -> str:
    """The node of "node", "node:1" or "^node"."""
    return tensor.lstrip("^").partition(":")[0]


def tensor_of(tensor: str) -> tuple[str, int]:
    """(node, output) of "node" or "node:1"."""
    name, _, output = tensor.rpartition(":")
    if name and output.isdigit():
        return name, int(output)
    return tensor, 0

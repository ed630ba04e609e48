"""Which ops a run executes, and where their inputs come from: through functions, down and up again."""

from __future__ import annotations

from pytest_trt.artifacts.attrs import attribute
from pytest_trt.serving import constants, messages
from pytest_trt.serving.instantiate import CONTROL_FLOW, called_by, stateful
from pytest_trt.serving.reach import node_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.artifacts.graph import Body
    from pytest_trt.artifacts.nodes import Node
    from pytest_trt.serving.survey import Survey

# Functions inside one another, beyond which nobody is followed.
_WAY_LIMIT = 200
_PASSING = frozenset(("Identity", "Enter", "Switch", "Merge"))


class Read:
    """An op that a run executes, with the way to it: calls from the main graph down."""

    __slots__ = ("body", "node", "way")

    def __init__(self, body: Body, node: Node, way: tuple[tuple[Body, Node, str], ...]) -> None:
        self.body = body
        self.node = node
        self.way = way

    def around(self, text: str) -> str:
        """A run-time error's text with what TensorFlow puts around it.

        A call that brings its own config_proto, as tf.function exports it, runs apart: only the innermost function
        is named. Others report every function on the way up.
        """
        if not self.way:
            return text + messages.at(f"{{{{node {self.node.name}}}}}")
        if any(_has_config(body, node) for body, node, _ in self.way):
            return text + messages.at(f"{{{{function_node {self.body.name}}}}}{{{{node {self.node.name}}}}}")
        names = [_specialized(function, body, node) for body, node, function in self.way]
        calls = [node.name for _, node, _ in reversed(self.way)]
        return messages.inside(names) + text + messages.at(f"{{{{node {self.node.name}}}}}", *calls)

    def via(self) -> list[tuple[str, str]]:
        steps: list[tuple[str, str]] = []
        for _, node, function in self.way:
            steps += [("node", f"{node.name} ({node.op})"), ("function", function)]
        return steps


def _has_config(body: Body, node: Node) -> bool:
    span = attribute(node, body.source, "config_proto")
    return span is not None and span[1] - span[0] > 2


def _specialized(function: str, body: Body, node: Node) -> str:
    """The function's name once Grappler has made a copy of it for a call that passes constants."""
    if body.name or len(body.nodes()) < 4 or node.op not in ("PartitionedCall", "StatefulPartitionedCall"):
        return function
    inputs = {node_of(text) for text in node.inputs}
    if not any(one.op == "Const" and one.name in inputs for one in body.nodes()):
        return function
    return f"{function}_specialized_for_{node.name.replace('/', '_')}_at_tf_graph"


class Trace:
    """Follows the runs of a served metagraph; each run once."""

    def __init__(self, survey: Survey) -> None:
        assert survey.graph is not None
        self.survey = survey
        self.graph = survey.graph
        self._followed: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Read]] = {}

    def follow(self, fetches: Sequence[str], feeds: Sequence[str]) -> list[Read]:
        """The nodes that a run may execute: main graph, then functions; not what a constant switches off."""
        key = (tuple(fetches), tuple(feeds))
        known = self._followed.get(key)
        if known is None:
            known = self._followed[key] = list(self._executed(fetches, feeds))
        return known

    def _executed(self, fetches: Sequence[str], feeds: Sequence[str]) -> Iterator[Read]:
        main = self.graph.main
        waiting: list[tuple[Body, Node, tuple[tuple[Body, Node, str], ...]]] = []
        seen: set[str] = set()
        for position in self.survey.reach(fetches, feeds).nodes:
            node = self.survey.main.nodes[position]
            yield Read(main, node, ())
            if node.calls or node.op in self.graph.functions:
                waiting.append((main, node, ()))
        while waiting:
            body, node, way = waiting.pop(0)
            for name in self._run_by(node, body):
                function = self.graph.functions.get(name)
                if function is None or name in seen:
                    continue
                seen.add(name)
                if len(way) >= _WAY_LIMIT:
                    continue
                step = (*way, (body, node, name))
                kept = self._kept(function, node)
                for inner in function.nodes():
                    if inner.name not in kept:
                        continue
                    yield Read(function, inner, step)
                    if inner.calls or inner.op in self.graph.functions:
                        waiting.append((function, inner, step))

    def _kept(self, function: Body, caller: Node) -> set[str]:
        """The nodes of a called function that run: for their values, and for control."""
        nodes = {node.name: node for node in function.nodes()}
        waiting = [text.partition(":")[0] for text in (*function.ret.values(), *function.control_ret.values())]
        if caller.op not in ("PartitionedCall", "StatefulPartitionedCall") or not function.ret:
            waiting += [node.name for node in function.nodes() if stateful(node, self.graph)]
        kept: set[str] = set()
        while waiting:
            name = waiting.pop()
            node = nodes.get(name)
            if node is None or name in kept:
                continue
            kept.add(name)
            waiting += [node_of(text) for text in node.inputs]
        return kept

    def _run_by(self, node: Node, body: Body) -> list[str]:
        names = called_by(node, self.graph)
        if node.op in ("If", "StatelessIf"):
            taken = constants.taken(node, body)
            if taken is not None:
                return [function for key, function in node.calls if key in taken]
        elif node.op in ("Case", "StatelessCase"):
            index = constants.case_taken(node, body, len(names)) if names else None
            if index is not None:
                return [names[index]]
        return names

    def source_of(self, read: Read, tensor: str) -> tuple[Body, Node] | None:
        """The node that an input comes from, through identities and up through the callers' arguments."""
        body = read.body
        way = list(read.way)
        for _ in range(200):
            name = node_of(tensor)
            argument = body.argument(name) if body.name else None
            if argument is not None:
                if not way:
                    return None
                caller, node, _ = way.pop()
                position = argument + _first_argument(node)
                data = [text for text in node.inputs if text[:1] != "^"]
                if position >= len(data):
                    return None
                body, tensor = caller, data[position]
                continue
            found = self.survey.main.find(name) if not body.name else body.node(name)
            if found is None:
                return None
            if found.op == "ReadVariableOp" and found.inputs:
                assigned = self._assigned(body, found.inputs[0])
                if assigned is None:
                    return body, found
                tensor = assigned
            elif found.op not in _PASSING or not found.inputs:
                return body, found
            else:
                tensor = found.inputs[0]
        return None

    def _assigned(self, body: Body, variable: str) -> str | None:
        """What is assigned to a variable in its own body, as TensorFlow 2 passes the paths of assets on."""
        if "AssignVariableOp" not in body.ops:
            return None
        for node in body.nodes():
            if node.op == "AssignVariableOp" and len(node.inputs) > 1 and node_of(node.inputs[0]) == node_of(variable):
                return node.inputs[1]
        return None


def _first_argument(node: Node) -> int:
    """How many inputs of a caller stand before the function's arguments."""
    if node.op in CONTROL_FLOW and "While" not in node.op:
        return 1
    return 1 if node.op == "RemoteCall" else 0

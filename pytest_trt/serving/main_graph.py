"""What the server checks when it makes a session of the main graph: every node, wanted or not.

Control flow that says so (`_lower_using_switch_merge`) is inlined then, branches and all. Order: constants, op
definitions, functions, versions, wiring, calls, kernels, devices. Source: loader.cc (ValidateSavedTensors),
graph_execution_state.cc (MakeForBaseGraph), graph_constructor.cc, lower_functional_ops.cc, placer.cc.
"""

from __future__ import annotations

from pytest_trt.artifacts.graph import place
from pytest_trt.artifacts.location import Location
from pytest_trt.serving import messages
from pytest_trt.serving.instantiate import (
    CALLS,
    CONTROL_FLOW,
    INVALID,
    MALFORMED,
    NO_KERNEL,
    PINNED,
    UNDEFINED,
    UNREGISTERED,
    Fault,
    branch_name,
    called_by,
    lowered,
    node_fault,
    structure_faults,
    suspicious,
)
from pytest_trt.serving.reach import creation_order
from pytest_trt.serving.verdict import LOAD, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.artifacts.graph import Body, Graph
    from pytest_trt.artifacts.nodes import Node
    from pytest_trt.artifacts.saved_model import MetaGraph
    from pytest_trt.serving.survey import Survey
    from pytest_trt.serving.target import Target
    from pytest_trt.serving.words import Words

_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_NAME_REST = _NAME | frozenset("_.\\/>-")
_DEPTH_LIMIT = 50
# Kernels and device texts are looked at in one pass over the nodes, pins in the next.
_STAGE = {UNREGISTERED: 0, INVALID: 1, UNDEFINED: 2, MALFORMED: 3, NO_KERNEL: 3, PINNED: 4}


def structure(survey: Survey, metagraph: MetaGraph, target: Target) -> Reason | None:
    """Refusals before ops are looked up: a Const without value, a function that calls itself, a taken name."""
    graph = metagraph.graph
    if survey.constants is None:
        survey.constants = (_constants(graph, metagraph),)
    if survey.constants[0] is not None:
        return survey.constants[0]
    if not graph.main.ops:
        return None
    for name, body in graph.functions.items():
        if target.kernels(name) not in (".", None):
            words = f"INVALID_ARGUMENT: Cannot add function '{name}' because an op with the same name already exists."
            facts = {"what": f"the function {name!r} has the name of an op", "function": name, "cause": name}
            return Reason(LOAD, "TRT314", words, place(body, None, metagraph.label), facts=facts)
    for name in graph.duplicates:
        if name in graph.different:
            words = (
                f"INVALID_ARGUMENT: Cannot add function '{name}' because a different function with the same name"
                " already exists."
            )
            facts = {"what": f"two different functions are called {name!r}", "function": name, "cause": name}
            return Reason(LOAD, "TRT314", words, place(graph.functions[name], None, metagraph.label), facts=facts)
    return None


def _constants(graph: Graph, metagraph: MetaGraph) -> Reason | None:
    for body in graph.bodies():
        for node in body.valueless:
            words = (
                f'FAILED_PRECONDITION: Saved model contains node "{node.name}" which is a constant tensor but no value'
                " has been provided"
            )
            facts = {"what": f"the Const {node.name!r} has no value", "node": node.name, "function": body.name}
            return Reason(LOAD, "TRT314", words, place(body, node, metagraph.label), facts=facts)
        if body.name and body.name in body.ops:
            words = (
                f"FAILED_PRECONDITION: Function {body.name} is self recursive and TensorFlow does not support this"
                " scenario."
            )
            facts = {"what": f"the function {body.name!r} calls itself", "function": body.name}
            return Reason(LOAD, "TRT314", words, place(body, None, metagraph.label), facts=facts)
    return None


class Lowered:
    """A control-flow node and a branch of it that is inlined. prefix: what stands before the names of its nodes."""

    __slots__ = ("function", "prefix", "via")

    def __init__(self, function: Body, prefix: str, via: tuple[tuple[str, str], ...]) -> None:
        self.function = function
        self.prefix = prefix
        self.via = via


def lowered_branches(main: Body, graph: Graph) -> Iterator[Lowered | Fault]:
    """The branches that lowering inlines into the main graph, nested ones too, each function once.

    A Fault for one that is not defined.
    """
    waiting = [Lowered(main, "", ())]
    seen: set[str] = set()
    for outer in waiting:
        body = outer.function
        for node in body.calling():
            if node.op not in CONTROL_FLOW or not lowered(node, body):
                continue
            for number, name in enumerate(called_by(node, graph)):
                inner = f"{outer.prefix}{node.name}/{branch_name(node, name, number)}/_{number}"
                function = graph.functions.get(name)
                if function is None:
                    yield Fault(UNDEFINED, body, node, f"{name}\0{inner}")
                elif name not in seen:
                    seen.add(name)
                    via = outer.via
                    if len(via) < 2 * _DEPTH_LIMIT:
                        via = (*via, ("node", f"{node.name} ({node.op})"), ("function", name))
                    found = Lowered(function, inner + "/" if len(inner) < 4096 else "", via)
                    waiting.append(found)
                    yield found


def main_fault(survey: Survey, words: Words, target: Target) -> Reason | None:
    """The refusal of the main graph that the loader reports, None where it takes it."""
    graph = survey.graph
    assert graph is not None
    main = graph.main
    reasons = words.unregistered_in_main()
    if reasons:
        return reasons[0]
    if target.graph_version is not None and graph.min_consumer > target.graph_version:
        version = ".".join(map(str, target.version))
        text = messages.too_new(graph.min_consumer, target.graph_version, version)
        facts = {"needs": str(graph.min_consumer), "has": str(target.graph_version)}
        return Reason(LOAD, "TRT310", text, Location(words.file, words.trail(), main.offset), facts=facts)
    if survey.whole:
        if survey.wiring is None:
            survey.wiring = (_wiring(survey, main, words),)
        if survey.wiring[0] is not None:
            return survey.wiring[0]
    branches = list(lowered_branches(main, graph)) if main.calling() else []
    asked = suspicious(main, graph, target)
    if not asked and not branches:
        return None
    found: list[tuple[int, int, Fault, str, tuple[tuple[str, str], ...]]] = []
    for order, (body, prefix, via) in enumerate(
        [(main, "", ())] + [(one.function, one.prefix, one.via) for one in branches if isinstance(one, Lowered)]
    ):
        if not suspicious(body, graph, target):
            continue
        nodes = body.nodes()
        for position in creation_order(nodes):
            node = nodes[position]
            fault = node_fault(node, body, graph, target)
            if fault is None or fault.what == UNDEFINED and node.op not in CALLS:
                continue
            # The placer leaves sources with one output for its second pass.
            late = fault.what == PINNED and not node.inputs and node.op not in ("VariableV2", "Variable", "NoOp")
            found.append((_STAGE[fault.what], order + late * len(nodes), fault, prefix, via))
    for branch in branches:
        if isinstance(branch, Fault):
            found.append((_STAGE[UNREGISTERED], 0, branch, "", ()))
        elif survey.whole:
            invalid = structure_faults(branch.function)
            if invalid is not None:
                found.append((_STAGE[INVALID], 0, invalid, branch.prefix, branch.via))
    if not found:
        return None
    sure = [one for one in found if one[2].certain] or found
    _, _, fault, prefix, via = min(sure, key=lambda one: one[:2])
    return words.in_main(fault, prefix, via)


def _wiring(survey: Survey, main: Body, words: Words) -> Reason | None:
    """Names, inputs and cycles of the main graph. Source: graph_constructor.cc."""
    index = survey.main.index
    nodes = survey.main.nodes

    def refuse(node: Node, text: str, what: str) -> Reason:
        facts = {"what": what, "node": node.name, "function": ""}
        return Reason(LOAD, "TRT314", f"INVALID_ARGUMENT: {text}", words.at(main, node), facts=facts)

    if len(index) != len(nodes):
        for position, node in enumerate(nodes):
            if index[node.name] != position:
                return refuse(node, f"Node '{node.name}' is not unique", f"two nodes are called {node.name!r}")
    for node in nodes:
        if node.name[:1] not in _NAME and node.name[:1] != "." or not _NAME_REST.issuperset(node.name):
            text = f"Node '{node.name}': Node name contains invalid characters"
            return refuse(node, text, f"the node name {node.name!r} is not allowed")
    for node in nodes:
        for text in node.inputs:
            if text in index:
                continue
            name = text[1:] if text[:1] == "^" else text.partition(":")[0]
            if name not in index:
                shown = text if text[:1] == "^" else name
                what = f"the input {text!r} of {node.name!r} names no node"
                return refuse(node, f"Node '{node.name}': Unknown input node '{shown}'", what)
    waiting = _cycle(survey)
    if waiting:
        return refuse(
            nodes[waiting[0]], f"{len(waiting)} nodes in a cycle", f"{len(waiting)} nodes wait for one another"
        )
    return None


def _cycle(survey: Survey) -> list[int]:
    """Nodes that cannot be ordered; the loop of TensorFlow 1 goes through NextIteration, which may come late."""
    index, nodes = survey.main.index, survey.main.nodes
    late: dict[int, list[str]] = {}
    for position, node in enumerate(nodes):
        for text in node.inputs:
            before = index.get(text)
            if before is None:
                before = index[text[1:] if text[:1] == "^" else text.partition(":")[0]]
            if before >= position:
                if node.op in ("Merge", "RefMerge") and nodes[before].op in ("NextIteration", "RefNextIteration"):
                    continue
                late.setdefault(position, []).append(text)
    if not late:
        # Every input stands before the node that it goes into, as exporters write graphs.
        return []
    order = creation_order(nodes)
    made = {position: time for time, position in enumerate(order)}
    stuck = []
    for position, node in enumerate(nodes):
        for text in node.inputs:
            before = index[text[1:] if text[:1] == "^" else text.partition(":")[0]]
            loop = node.op in ("Merge", "RefMerge") and nodes[before].op.endswith("NextIteration")
            if made[before] >= made[position] and not loop:
                stuck.append(position)
                break
    if not stuck:
        return []
    waiting = set(order[min(made[position] for position in stuck) :])
    return sorted(waiting)

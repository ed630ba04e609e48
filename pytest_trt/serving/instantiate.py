"""What happens when a server instantiates the body of a function, by who calls it.

Each line was seen with the loaders of tensorflow-cpu 2.17.1 and 2.21.0 (tests/oracle holds them to it):
- An op that is not registered fails wherever it stands in a body that is instantiated, used or not.
- A function that is called and undefined fails where the call is kept.
- An op without kernel fails where it is kept: its value is used, or it is stateful. Only a control-flow op that
  is not lowered instantiates the branch that it takes.
- A device pin is ignored by callers that run a function on one device, and where Grappler inlines the function.
Source of the reasons: common_runtime/process_function_library_runtime.cc, placer.cc, lower_functional_ops.cc,
grappler/optimizers/function_optimizer.cc.
"""

from __future__ import annotations

from pytest_trt.serving import ops
from pytest_trt.serving.devices import parse
from pytest_trt.serving.target import PYTHON_OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.graph import Body, Graph
    from pytest_trt.artifacts.nodes import Node
    from pytest_trt.serving.target import Target

# How a caller instantiates a function.
MULTI = "multi"  # PartitionedCall, StatefulPartitionedCall: placed like a graph of its own
FLOW = "flow"  # If, While, Case that are not lowered: the branch that is taken, on one device
SINGLE = "single"  # a call by the function's name, For, RemoteCall, SymbolicGradient: on one device
DATA = "data"  # BatchFunction, datasets, iterators: placed, never inlined

CALLS = frozenset(("PartitionedCall", "StatefulPartitionedCall"))
CONTROL_FLOW = frozenset(("If", "StatelessIf", "While", "StatelessWhile", "Case", "StatelessCase", "_If", "_While"))
_SINGLE = frozenset(("For", "RemoteCall", "SymbolicGradient"))
_LOWERED = "_lower_using_switch_merge"
# Stateful ops that Grappler inlines all the same.
_INLINABLE = frozenset(
    "ReadVariableOp RandomUniform RandomUniformInt RandomStandardNormal TruncatedNormal Multinomial BatchFunction"
    " VarHandleOp Placeholder".split()
)
_FUNCTION_ATTRS = {**ops.FUNCTION_ATTRS, "TRTEngineOp": ("segment_func",)}

UNREGISTERED, UNDEFINED, NO_KERNEL, PINNED, MALFORMED, INVALID = (
    "unregistered",
    "undefined",
    "no kernel",
    "pinned",
    "malformed device",
    "invalid",
)
RANK = {UNREGISTERED: 0, INVALID: 1, UNDEFINED: 2, MALFORMED: 3, NO_KERNEL: 4, PINNED: 5}

_stateful: frozenset[str] = frozenset(ops.STATEFUL.split())


class Fault:
    """A node that the server refuses.

    what: one of the constants above. detail: function, device or text. certain: False where our lists do not say.
    remote: of a pin, whether it names another job or task.
    """

    __slots__ = ("what", "body", "node", "detail", "certain", "remote")

    def __init__(
        self, what: str, body: Body, node: Node, detail: str = "", certain: bool = True, remote: bool = False
    ) -> None:
        self.what = what
        self.body = body
        self.node = node
        self.detail = detail
        self.certain = certain
        self.remote = remote

    def __repr__(self) -> str:
        return f"Fault({self.what} {self.body.name}/{self.node.name} {self.detail})"


def caller_kind(node: Node, graph: Graph) -> str:
    if node.op in CALLS:
        return MULTI
    if node.op in CONTROL_FLOW:
        return FLOW
    if node.op in graph.functions or node.op in _SINGLE:
        return SINGLE
    if node.op == "TRTEngineOp":
        return MULTI
    return DATA


def called_by(node: Node, graph: Graph) -> list[str]:
    """The functions that a node runs: those of the attributes that its op defines as functions, or its op itself."""
    if node.op in graph.functions:
        return [node.op]
    if not node.calls:
        return []
    attrs = _FUNCTION_ATTRS.get(node.op)
    if attrs is None:
        return []
    return [name for key, name in node.calls if name and key in attrs]


def stateful(node: Node, graph: Graph) -> bool:
    function = graph.functions.get(node.op)
    return function.stateful if function is not None else node.op in _stateful


def node_fault(node: Node, body: Body, graph: Graph, target: Target) -> Fault | None:
    """What is wrong with the node itself, kept or not decided yet; the worst first."""
    known = "+" if node.op in graph.functions else target.kernels(node.op)
    if known == ".":
        return Fault(UNREGISTERED, body, node, node.op)
    for name in called_by(node, graph):
        if name not in graph.functions:
            return Fault(UNDEFINED, body, node, name)
    if node.device:
        device = parse(node.device)
        if device is None:
            return Fault(MALFORMED, body, node, node.device)
    if known == "-":
        return Fault(NO_KERNEL, body, node, node.op)
    if known is None:
        return Fault(NO_KERNEL, body, node, node.op, certain=False)
    if node.device:
        pin = pin_fault(node, body, target)
        if pin is not None:
            return pin
    return None


def pin_fault(node: Node, body: Body, target: Target) -> Fault | None:
    device = parse(node.device)
    if device is None:
        return None
    if device.is_local():
        if device.kind is None or device.kind == "CPU" and not device.number:
            return None
        if not target.serving:
            # Triton lets TensorFlow place nodes elsewhere: allow_soft_placement_(true) in its tensorflow.cc@r25.02.
            return None
        if device.kind == "GPU" and target.gpu:
            return Fault(PINNED, body, node, node.device, certain=False) if device.number else None
    return Fault(PINNED, body, node, node.device, remote=not device.is_local())


def suspicious(body: Body, graph: Graph, target: Target) -> bool:
    """Whether a body may hold a fault: told from its ops, devices and calls, without reading its nodes."""
    for op in body.ops.keys() - target.sound:
        if op in graph.functions:
            continue
        if target.kernels(op) != "+":
            return True
        target.sound.add(op)
    for text in body.devices:
        device = parse(text)
        if device is None or not device.is_local() or device.number or device.kind not in (None, "CPU"):
            if not (device and device.kind == "GPU" and target.gpu and device.is_local() and not device.number):
                return True
    return any(name not in graph.functions for node in body.calling() for name in called_by(node, graph))


def used_in(body: Body, graph: Graph) -> set[str]:
    """The nodes of a function that are kept: their values lead to a result or to a stateful node, or they are one."""
    nodes = {node.name: node for node in body.nodes()}
    waiting = [name.partition(":")[0] for name in body.ret.values()]
    waiting += [node.name for node in body.nodes() if stateful(node, graph)]
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in used:
            continue
        node = nodes.get(name)
        if node is None:
            continue
        used.add(name)
        waiting += [text.partition(":")[0] for text in node.inputs if text[:1] != "^"]
    return used


def lowered(node: Node, body: Body) -> bool:
    """Whether a control-flow node says that it be turned into Switch and Merge, its branches inlined."""
    from pytest_trt.artifacts.attrs import attribute, numbers

    if node.op not in CONTROL_FLOW:
        return False
    span = attribute(node, body.source, _LOWERED)
    return span is not None and bool(numbers(body.source.at(span[0], span[1] - span[0])).get(5))


def inlinable(body: Body, graph: Graph) -> bool:
    """Whether Grappler inlines a function that PartitionedCall calls: nothing in it has a side effect."""
    for op in body.ops:
        function = graph.functions.get(op)
        if function is not None:
            if function.stateful:
                return False
        elif op in _stateful and op not in _INLINABLE or op in ("CheckNumerics", "MapDataset") or op in PYTHON_OPS:
            return False
    return True


def structure_faults(body: Body) -> Fault | None:
    """What is wrong with a function's wiring, whoever calls it: inputs that are not there, two nodes of one name."""
    names = set(body.inputs)
    for node in body.nodes():
        if node.name in names:
            return Fault(INVALID, body, node, f"Duplicated ret name: {node.name}:")
        names.add(node.name)
    for node in body.nodes():
        for place, text in enumerate(node.inputs):
            if text in names:
                continue
            name = text.lstrip("^").partition(":")[0]
            if name not in names:
                if text[:1] == "^":
                    return Fault(INVALID, body, node, f"input[{place}] == '{text}', is not found.")
                return Fault(INVALID, body, node, f"input {text} is not found: {{{{node {node.name}}}}}")
    return None


def branch_name(node: Node, name: str, number: int) -> str:
    if "Case" in node.op:
        return f"branch{number}"
    key = next((key for key, function in node.calls if function == name), "")
    return {"then_branch": "then", "else_branch": "else", "cond": "cond", "body": "body"}.get(key, key)

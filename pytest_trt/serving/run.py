"""One Session::Run: which faults it meets, in the functions that it reaches, and by which way.

The rules are those of instantiate.py; a run is a request, the restore op or the init op.
"""

from __future__ import annotations

from pytest_trt.serving import constants
from pytest_trt.serving.instantiate import (
    CONTROL_FLOW,
    DATA,
    FLOW,
    INVALID,
    MALFORMED,
    MULTI,
    NO_KERNEL,
    PINNED,
    RANK,
    SINGLE,
    UNDEFINED,
    UNREGISTERED,
    Fault,
    called_by,
    caller_kind,
    inlinable,
    lowered,
    node_fault,
    pin_fault,
    stateful,
    structure_faults,
    suspicious,
    used_in,
)
from pytest_trt.serving.reach import creation_order
from pytest_trt.serving.target import TENSORRT_OPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pytest_trt.artifacts.graph import Body, Graph
    from pytest_trt.artifacts.nodes import Node
    from pytest_trt.serving.reach import Main, Reach
    from pytest_trt.serving.target import Target

# Grappler leaves graphs with fewer nodes alone.
_GRAPPLER_MINIMUM = 4


class Step:
    """A call on the way: node of body calls function, as kind.

    up: the call before it. number: which of the node's functions it is.
    """

    __slots__ = ("up", "body", "node", "function", "kind", "number")

    def __init__(self, up: Step | None, body: Body, node: Node, function: str, kind: str, number: int = 0) -> None:
        self.up = up
        self.body = body
        self.node = node
        self.function = function
        self.kind = kind
        self.number = number


class Met:
    """A fault and the last call of the way to it, None in the main graph.

    others: further faults of its kind that the same run meets; count: how many with it.
    """

    __slots__ = ("fault", "step", "others")

    def __init__(self, fault: Fault, step: Step | None) -> None:
        self.fault = fault
        self.step = step
        self.others: list[Met] = []

    @property
    def way(self) -> list[Step]:
        """The calls from the main graph's node down."""
        steps: list[Step] = []
        step = self.step
        while step is not None:
            steps.append(step)
            step = step.up
        return steps[::-1]

    @property
    def count(self) -> int:
        return 1 + len(self.others)


class Wiring:
    """What is wrong with the wiring of functions, on any target; found out for those that a run reaches."""

    __slots__ = ("graph", "asked", "_faults", "_below")

    def __init__(self, graph: Graph, asked: bool) -> None:
        self.graph = graph
        self.asked = asked
        self._faults: dict[str, Fault | None] = {}
        self._below: dict[str, bool] = {}

    def fault(self, name: str) -> Fault | None:
        """What is wrong with a function itself, None for nothing, or where nobody reads its nodes."""
        if not self.asked:
            return None
        if name not in self._faults:
            self._faults[name] = structure_faults(self.graph.functions[name])
        return self._faults[name]

    def below(self, name: str) -> bool:
        """Whether something is wrong with a function or with one that it calls."""
        if not self.asked:
            return False
        known = self._below.get(name)
        if known is None:
            self._below[name] = False
            waiting, seen = [name], {name}
            while waiting:
                one = waiting.pop()
                if self.fault(one) is not None:
                    self._below[name] = True
                    break
                for callee in _callees(self.graph.functions[one], self.graph):
                    if callee in self.graph.functions and callee not in seen:
                        seen.add(callee)
                        waiting.append(callee)
            known = self._below[name]
        return known


class Questions:
    """Which functions of a graph may hold faults on a target, themselves or by what they call."""

    __slots__ = ("graph", "target", "own", "below", "_used", "_lowered", "_wiring")

    def __init__(self, graph: Graph, target: Target, wiring: Wiring) -> None:
        self.graph = graph
        self.target = target
        self._used: dict[str, set[str]] = {}
        self._lowered: dict[tuple[str, str], bool] = {}
        self._wiring = wiring
        self.own = {name for name, body in graph.functions.items() if suspicious(body, graph, target)}
        callers: dict[str, list[str]] = {}
        if self.own:
            for name, body in graph.functions.items():
                for callee in _callees(body, graph):
                    callers.setdefault(callee, []).append(name)
        self.below = set(self.own)
        waiting = list(self.own)
        while waiting:
            for caller in callers.get(waiting.pop(), ()):
                if caller not in self.below:
                    self.below.add(caller)
                    waiting.append(caller)

    def used(self, body: Body) -> set[str]:
        found = self._used.get(body.name)
        if found is None:
            found = self._used[body.name] = used_in(body, self.graph)
        return found

    def lowered(self, node: Node, body: Body) -> bool:
        key = (body.name, node.name)
        found = self._lowered.get(key)
        if found is None:
            found = self._lowered[key] = lowered(node, body)
        return found

    def suspect(self, name: str) -> bool:
        """Whether calling this function may meet a fault."""
        return name in self.below or self._wiring.below(name)

    def structure(self, name: str) -> Fault | None:
        return self._wiring.fault(name)


def _callees(body: Body, graph: Graph) -> set[str]:
    names = {name for node in body.calling() for name in called_by(node, graph)}
    return names | {op for op in body.ops if op in graph.functions}


class Run:
    """Evaluates one run. met: faults in the order in which they are found."""

    def __init__(self, main: Main, questions: Questions, reach: Reach) -> None:
        self.main = main
        self.questions = questions
        self.graph = questions.graph
        self.target = questions.target
        self.met: list[Met] = []
        self._seen: set[tuple[str, str, bool, bool]] = set()
        # Grows while it is worked off: methods with their arguments.
        self._waiting: list[tuple[Any, ...]] = []
        self._times: dict[int, int] | None = None
        self.reach = reach
        self._big = len(main.nodes) >= _GRAPPLER_MINIMUM

    def follow(self) -> list[Met]:
        """Every fault that the run meets in functions."""
        main = self.graph.main
        for place in self.reach.callers():
            node = self.main.nodes[place]
            names = called_by(node, self.graph)
            if not names:
                continue
            if node.op in CONTROL_FLOW and self.questions.lowered(node, main):
                self._lowered(main, node, names, None, self._branch_of_main, False)
                continue
            kind = caller_kind(node, self.graph)
            if self._big and (node.op == "PartitionedCall" or kind == DATA) and not self.reach.live(place):
                continue
            self._call(main, node, names, kind, None, self._big and kind == MULTI, False)
        for work in self._waiting:
            work[0](*work[1:])
        return self.met

    def _lowered(
        self, body: Body, node: Node, names: list[str], up: Step | None, work: Callable[..., None], skipped: bool
    ) -> None:
        """Queue the branches of control flow that is inlined into the body that holds it; each function once."""
        for number, name in enumerate(names):
            function = self.graph.functions.get(name)
            untaken = skipped or work == self._branch_of_main and self._untaken(node, body, name, names)
            key = (name, "lowered", work == self._branch_of_main, untaken)
            if function is None or key in self._seen or not self.questions.suspect(name):
                continue
            self._seen.add(key)
            self._waiting.append((work, function, Step(up, body, node, name, "lowered", number), untaken))

    def _branch_of_main(self, function: Body, step: Step, untaken: bool) -> None:
        """A branch that was inlined into the main graph at load: only what it calls is left for the run."""
        for inner in function.nodes():
            names = called_by(inner, self.graph)
            if not names:
                continue
            if inner.op in CONTROL_FLOW and self.questions.lowered(inner, function):
                self._lowered(function, inner, names, step, self._branch_of_main, untaken)
            elif inner.name in self.questions.used(function):
                kind = caller_kind(inner, self.graph)
                self._call(function, inner, names, kind, step, self._big and kind == MULTI, untaken)

    def _untaken(self, node: Node, body: Body, name: str, names: list[str]) -> bool:
        """Whether no request takes this branch: its predicate is a constant."""
        if node.op in ("If", "StatelessIf", "_If"):
            taken = constants.taken(node, body)
            return taken is not None and not any(key in taken for key, function in node.calls if function == name)
        if node.op in ("Case", "StatelessCase"):
            index = constants.case_taken(node, body, len(names))
            return index is not None and names[index] != name
        if node.op in ("While", "StatelessWhile", "_While"):
            if not any(key == "body" and function == name for key, function in node.calls):
                return False
            condition = next((function for key, function in node.calls if key == "cond"), "")
            function = self.graph.functions.get(condition)
            return function is not None and constants.returns(function) in (0, False)
        return False

    def _call(
        self, body: Body, node: Node, names: list[str], kind: str, up: Step | None, inlined: bool, untaken: bool
    ) -> None:
        """Queue the functions that a node calls. untaken: the call itself is never executed."""
        for name in names:
            function = self.graph.functions.get(name)
            if function is None:
                if up is None or up.kind == "lowered":
                    self.met.append(Met(Fault(UNDEFINED, body, node, name), up))
                continue
            if not self.questions.suspect(name):
                continue
            skipped = untaken or kind == FLOW and self._untaken(node, body, name, names)
            inline = inlined and inlinable(function, self.graph)
            key = (name, kind, inline, skipped)
            if key not in self._seen:
                self._seen.add(key)
                self._waiting.append((self._body, function, kind, Step(up, body, node, name, kind), inline, skipped))

    def _body(self, body: Body, kind: str, step: Step, inlined: bool, skipped: bool) -> None:
        """What instantiating a function meets."""
        questions = self.questions
        used = questions.used(body)
        structure = questions.structure(body.name)
        if structure is not None:
            self.met.append(Met(structure, step))
        nodes = body.nodes()
        if body.name in questions.own:
            for node in nodes:
                self._node(body, node, kind, step, inlined, skipped, node.name in used, True)
            for position in creation_order(nodes):
                node = nodes[position]
                self._node(body, node, kind, step, inlined, skipped, node.name in used, False)
        for node in nodes:
            kept = node.name in used
            names = called_by(node, self.graph)
            if not names:
                continue
            if node.op in CONTROL_FLOW and kind in (MULTI, DATA) and questions.lowered(node, body):
                if kept:
                    # Inlined when the function that holds it is instantiated; taken or not.
                    self._lowered(body, node, names, step, self._branch_of_body, skipped)
            elif kept or stateful(node, self.graph):
                inner = caller_kind(node, self.graph)
                nested = inlined and inner == MULTI and node.op == "PartitionedCall"
                self._call(body, node, names, inner, step, nested, skipped)

    def _branch_of_body(self, function: Body, step: Step, skipped: bool) -> None:
        self._body(function, MULTI, step, False, skipped)

    def _node(
        self, body: Body, node: Node, kind: str, step: Step, inlined: bool, skipped: bool, kept: bool, lookup: bool
    ) -> None:
        """Take the node's fault if it counts; ops are looked up (lookup) before anything else is done with a body."""
        fault = node_fault(node, body, self.graph, self.target)
        if fault is None or lookup != (fault.what == UNREGISTERED):
            return
        what = fault.what
        if what == UNDEFINED and not kept and not (kind == MULTI and stateful(node, self.graph)):
            return
        if what == MALFORMED:
            if kind == FLOW and skipped:
                return
        elif what == NO_KERNEL:
            if skipped or not kept:
                return
        if what == PINNED or what == NO_KERNEL and node.device:
            pin = fault if what == PINNED else pin_fault(node, body, self.target)
            ignored = kind in (FLOW, SINGLE) or kind == MULTI and inlined and pin is not None and not pin.remote
            if what == PINNED and (skipped or not kept or ignored):
                return
        self.met.append(Met(fault, step))

    def first(self) -> Met | None:
        """The fault that the run reports: the worst kind, then the order in which TensorFlow comes to it."""
        best = None
        for met in self.met:
            if best is None or self._order(met) < self._order(best):
                best = met
        if best is not None and best.fault.what == UNREGISTERED and best.step is not None and best.step.up is None:
            # Of several calls, that with the last name was reported in each of 32 trials.
            for met in self.met:
                if met.fault.what == UNREGISTERED and met.step is not None and met.step.up is None:
                    if met.step.node.name > best.step.node.name:
                        best = met
        if best is not None:
            seen = {id(best.fault.node)}
            for met in self.met:
                if _alike(met.fault, best.fault) and id(met.fault.node) not in seen:
                    seen.add(id(met.fault.node))
                    best.others.append(met)
        return best

    def _order(self, met: Met) -> tuple[int, bool, int, int]:
        """Ops are looked up in every function first; then calls are executed in order, each with its worst fault."""
        what = met.fault.what
        if what in (UNREGISTERED, INVALID):
            # Inside a function the ops are looked up before its wiring.
            return 0, not met.fault.certain, int(what == INVALID), 0
        if what == UNDEFINED:
            return 1, not met.fault.certain, 0, 0
        way = met.way
        place = self.main.index.get(way[0].node.name, 0) if way else 0
        return 2, not met.fault.certain, self._executed(place), RANK[what]

    def _executed(self, place: int) -> int:
        """When a node of the main graph is made, hence about when it runs."""
        if self._times is None:
            self._times = {position: time for time, position in enumerate(creation_order(self.main.nodes))}
        return self._times.get(place, 0)


def _alike(one: Fault, other: Fault) -> bool:
    """Whether two faults are one cause: the same op, or TF-TRT's ops together."""
    if one.what != other.what:
        return False
    return one.detail == other.detail or one.node.op in TENSORRT_OPS and other.node.op in TENSORRT_OPS

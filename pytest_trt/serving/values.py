"""What a run reads: the checkpoint, assets, variables. Missing ones fail where they are read, not before.

Source: loader.cc (RunRestore, AddAssetsTensorsToInputs), save_restore_tensor.cc (RestoreTensorsV2), tensor_bundle.cc.
"""

from __future__ import annotations

import os

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.graph import place
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.variables import Bundle, Damaged, read_bundle
from pytest_trt.serving import constants, messages
from pytest_trt.serving.instantiate import CONTROL_FLOW, called_by, stateful
from pytest_trt.serving.reach import node_of
from pytest_trt.serving.verdict import LOAD, REQUEST, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_trt.artifacts.graph import Body, Graph
    from pytest_trt.artifacts.nodes import Node
    from pytest_trt.artifacts.saved_model import MetaGraph, SavedModel
    from pytest_trt.serving.loader import Survey

_REF_VARIABLES = frozenset(("VariableV2", "Variable"))
_INITIALISERS = frozenset(("Assign", "AssignVariableOp"))
# Ops that read a file that an input names: op -> position of that input.
_FILE_READERS = {
    "InitializeTableFromTextFile": 1,
    "InitializeTableFromTextFileV2": 1,
    "ReadFile": 0,
    "InitializeTRTResource": 1,
}
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
    from pytest_trt.artifacts.attrs import attribute

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


class Values:
    """Checkpoint, assets and variables of a served metagraph; worked out when they are asked for."""

    def __init__(self, model: SavedModel, metagraph: MetaGraph, graph: Graph, survey: Survey) -> None:
        self.model = model
        self.metagraph = metagraph
        self.graph = graph
        self.survey = survey
        self.file = model.named(model.graph_file or "")
        self.has_index = os.path.exists(model.inside("variables", "variables.index"))
        self.restores = metagraph.restore_op is not None and self.has_index
        self._files: bool | None = None
        self._uninitialised: set[str] | None = None
        self._restored: tuple[Reason | None] | None = None
        self._initialised: dict[str, tuple[Reason | None]] = {}
        self._followed: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Read]] = {}

    def _reason(self, stage: str, code: str, words: str, at: Location, what: str, **facts: str) -> Reason:
        return Reason(stage, code, words, at, facts={"what": what, "cause": what, **facts})

    def _trail(self) -> tuple[tuple[str, str], ...]:
        return (("metagraph", self.metagraph.label),)

    def restore_refused(self) -> Reason | None:
        """Why the restore op cannot be run at all: names that are not in the graph."""
        if not self.restores or not self.survey.whole:
            return None
        at = Location(self.file, self._trail())
        fed = [self.metagraph.filename_tensor, *(tensor for tensor, _ in self.metagraph.assets)]
        for tensor in fed:
            if self.survey.main.find(tensor) is None:
                text = messages.tensor_missing(tensor if ":" in tensor else f"{tensor}:0")
                return self._reason(LOAD, "TRT314", text, at, f"the restore step feeds {tensor!r}, which is not there")
        name = self.metagraph.restore_op or ""
        if self.survey.main.find(name) is None:
            text = f"NOT_FOUND: PruneForTargets: Some target nodes not found: {name} "
            return self._reason(LOAD, "TRT314", text, at, f"the restore op {name!r} is not in the graph")
        return None

    def restore_fails(self) -> Reason | None:
        """Why reading the checkpoint fails, None where every tensor that is restored is there."""
        if not self.restores:
            return None
        if self._restored is None:
            self._restored = (self._restore(),)
        return self._restored[0]

    def _restore(self) -> Reason | None:
        prefix = self.model.inside("variables", "variables")
        shown = self.model.named("variables", "variables.index")
        at = Location(shown)
        asked = self._restored_keys()
        first = asked[0][0] if asked else None
        try:
            bundle = read_bundle(prefix, shown)
        except Damaged as damage:
            code, _, text = str(damage).partition(": ")
            text = f"{code}: {first.around(text) if first else text}"
            return self._reason(LOAD, "TRT307", text, at, "variables/variables.index is damaged")
        except ArtifactError as error:
            return Reason(LOAD, error.code, "", error.location, facts={"why": error.why})
        if not asked:
            return self._shards(bundle, sorted(bundle.entries), None) if not self.survey.whole else None
        for read, keys in asked:
            for key in sorted(keys):
                if key not in bundle.entries:
                    text = "NOT_FOUND: " + read.around(f"Key {key} not found in checkpoint")
                    return self._reason(
                        LOAD,
                        "TRT307",
                        text,
                        at,
                        f"the checkpoint has no {key!r}, which the graph restores",
                        variable=key,
                    )
        for read, keys in asked:
            reason = self._shards(bundle, sorted(keys), read)
            if reason is not None:
                return reason
        return None

    def _shards(self, bundle: Bundle, keys: list[str], read: Read | None) -> Reason | None:
        around = read.around if read is not None else str
        for key in keys:
            entry = bundle.entries.get(key)
            if entry is None or entry.sliced:
                continue
            name = os.path.basename(bundle.shard_name(entry.shard))
            size = bundle.shard_size(entry.shard)
            shown = self.model.named("variables", name)
            if size is None:
                text = "NOT_FOUND: " + around(messages.missing_file(shown))
                return self._reason(LOAD, "TRT307", text, Location(shown), f"variables/{name} is missing", variable=key)
            if entry.offset + entry.size > size:
                text = "OUT_OF_RANGE: " + around("Read less bytes than requested")
                what = f"variables/{name} is cut: {entry.offset + entry.size:,} bytes are needed, {size:,} are there"
                return self._reason(LOAD, "TRT307", text, Location(shown), what, variable=key)
        return None

    def _restored_keys(self) -> list[tuple[Read, list[str]]]:
        """The RestoreV2 nodes that the restore op runs, and the keys that each reads; [] where nobody reads nodes."""
        if not self.survey.whole:
            return []
        found = []
        for read in self._follow([self.metagraph.restore_op or ""], [self.metagraph.filename_tensor]):
            if read.node.op == "RestoreV2" and len(read.node.inputs) > 1:
                source = self._source_of(read, read.node.inputs[1])
                keys = constants.strings(source[1], source[0]) if source is not None else None
                if keys is not None:
                    found.append((read, [key.decode("utf-8", "replace") for key in keys]))
        return sorted(found, key=lambda one: one[0].node.offset)

    def init_refused(self) -> Reason | None:
        """Why the init op cannot be run at all: an asset is fed to a tensor that is not in the graph."""
        if self.survey.whole:
            for tensor, _ in self.metagraph.assets:
                if self.survey.main.find(tensor) is None:
                    at = Location(self.file, self._trail())
                    text = messages.tensor_missing(tensor if ":" in tensor else f"{tensor}:0")
                    return self._reason(LOAD, "TRT314", text, at, f"an asset is fed to {tensor!r}, which is not there")
        return None

    def init_fails(self, name: str) -> Reason | None:
        """Why initialisation fails: an asset that it reads is not there."""
        known = self._initialised.get(name)
        if known is None:
            known = self._initialised[name] = (self._init(name),)
        return known[0]

    def _init(self, name: str) -> Reason | None:
        if not self._reads_files():
            return None
        files = {tensor.partition(":")[0]: filename for tensor, filename in self.metagraph.assets}
        for read in self._follow([name], [tensor for tensor, _ in self.metagraph.assets]):
            place_of = _FILE_READERS.get(read.node.op)
            if place_of is None or place_of >= len(read.node.inputs):
                continue
            source = self._source_of(read, read.node.inputs[place_of])
            filename = files.get(source[1].name) if source is not None and not source[0].name else None
            if filename is None:
                reason = self._own_path(read, source, LOAD)
                if reason is not None:
                    return reason
                continue
            if not self._asset_there(filename):
                text = "NOT_FOUND: " + read.around(messages.missing_file(self.model.named("assets", filename)))
                code = "TRT108" if read.node.op == "InitializeTRTResource" else "TRT308"
                reason = self._reason(
                    LOAD, code, text, place(read.body, read.node, self.metagraph.label), f"assets/{filename}",
                    asset=filename, node=read.node.name,
                )  # fmt: skip
                reason.via = (("stage", "initialisation"), *read.via())
                return reason
        return None

    def _own_path(self, read: Read, source: tuple[Body, Node] | None, stage: str) -> Reason | None:
        """A file that a constant of the graph names; on another machine it is hardly there."""
        if source is None or source[1].op != "Const" or read.node.op == "InitializeTRTResource":
            return None
        values = constants.strings(source[1], source[0])
        if not values or len(values) != 1:
            return None
        path = values[0].decode("utf-8", "replace")
        if os.path.isabs(path) and os.path.exists(path):
            return None
        text = "NOT_FOUND: " + read.around(messages.missing_file(path))
        reason = self._reason(
            stage,
            "TRT308",
            text,
            place(read.body, read.node, self.metagraph.label),
            path,
            asset=path,
            node=read.node.name,
        )
        reason.via = (*((("stage", "initialisation"),) if stage == LOAD else ()), *read.via())
        return reason

    def _asset_there(self, filename: str) -> bool:
        """Whether assets/FILENAME exists; names that lead out of the folder are not looked up."""
        if os.path.isabs(filename) or ".." in filename.replace("\\", "/").split("/"):
            return False
        return os.path.exists(self.model.inside("assets", filename))

    def _reads_files(self) -> bool:
        if self._files is None:
            self._files = not all(_FILE_READERS.keys().isdisjoint(body.ops) for body in self.graph.bodies())
        return self._files

    def request_fails(self, fetches: Sequence[str], feeds: Sequence[str]) -> Reason | None:
        """Why a request fails: it reads a variable that nothing initialises, or a file that is not there."""
        missing = self._never_initialised()
        files = self._reads_files()
        if not missing and not files:
            return None
        label = self.metagraph.label
        for read in self._follow(fetches, feeds):
            node = read.node
            if missing and node.op in ("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape"):
                source = self._source_of(read, node.inputs[0]) if node.inputs else None
                variable = self._resource(source)
                if variable in missing:
                    text = "FAILED_PRECONDITION: " + read.around(messages.no_variable(variable))
                    what = self._why_uninitialised()
                    reason = self._reason(
                        REQUEST, "TRT307", text, place(read.body, node, label), what, variable=variable
                    )
                    reason.via = tuple(read.via())
                    return reason
            elif missing and not read.body.name and node.op != "Assign":
                for text in node.inputs:
                    if f"\0{node_of(text)}" in missing and text[:1] != "^":
                        variable = node_of(text)
                        words = "FAILED_PRECONDITION: " + read.around(messages.uninitialized(variable))
                        at = place(read.body, node, label)
                        what = self._why_uninitialised()
                        return self._reason(REQUEST, "TRT307", words, at, what, variable=variable)
            if files and node.op in _FILE_READERS and node.op != "InitializeTRTResource":
                at_input = _FILE_READERS[node.op]
                if at_input < len(node.inputs):
                    absent = self._own_path(read, self._source_of(read, node.inputs[at_input]), REQUEST)
                    if absent is not None:
                        return absent
        return None

    def _why_uninitialised(self) -> str:
        if self.metagraph.restore_op is not None and not self.has_index:
            return "variables/variables.index is missing"
        return "nothing restores or initialises the variable"

    def _resource(self, source: tuple[Body, Node] | None) -> str:
        """The resource of a VarHandleOp by its shared name, a reference variable as NUL and its node; "" for others."""
        if source is None:
            return ""
        body, node = source
        if node.op in _REF_VARIABLES:
            return f"\0{node.name}"
        if node.op != "VarHandleOp":
            return ""
        from pytest_trt.artifacts.attrs import attribute, parts

        span = attribute(node, body.source, "shared_name")
        if span is not None:
            data = body.source.at(span[0], span[1] - span[0])
            text = next((value for tag, value in parts(data) if tag == 0x12), b"")
            if text:
                return text.decode("utf-8", "replace")
        return node.name

    def _never_initialised(self) -> set[str]:
        """Variables (as _resource names them) that neither restore nor init gives a value."""
        if self._uninitialised is not None:
            return self._uninitialised
        kinds = ("VarHandleOp", *_REF_VARIABLES)
        variables: set[str] = set()
        if self.survey.whole or not self.has_index:
            for body in self.graph.bodies():
                if any(kind in body.ops for kind in kinds):
                    variables.update(self._resource((body, node)) for node in body.nodes() if node.op in kinds)
        if not variables:
            self._uninitialised = variables
            return variables
        from pytest_trt.artifacts.saved_model import init_op

        runs = []
        if self.restores:
            runs.append(([self.metagraph.restore_op or ""], [self.metagraph.filename_tensor]))
        name, _ = init_op(self.metagraph)
        if name is not None:
            runs.append(([name], [tensor for tensor, _ in self.metagraph.assets]))
        for fetches, feeds in runs:
            for read in self._follow(fetches, feeds):
                if read.node.op in _INITIALISERS and read.node.inputs:
                    variables.discard(self._resource(self._source_of(read, read.node.inputs[0])))
        self._uninitialised = variables
        return variables

    def _follow(self, fetches: Sequence[str], feeds: Sequence[str]) -> list[Read]:
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

    def _source_of(self, read: Read, tensor: str) -> tuple[Body, Node] | None:
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

"""What a run reads beside the checkpoint: assets and variables. Missing ones fail where they are read, not before.

Source: loader.cc (AddAssetsTensorsToInputs), resource_variable_ops.cc, lookup_util.cc.
"""

from __future__ import annotations

import os

from pytest_trt.artifacts.graph import place
from pytest_trt.artifacts.location import Location
from pytest_trt.serving import constants, messages
from pytest_trt.serving.reach import node_of
from pytest_trt.serving.verdict import LOAD, REQUEST, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.graph import Body
    from pytest_trt.artifacts.nodes import Node
    from pytest_trt.artifacts.saved_model import MetaGraph
    from pytest_trt.serving.checkpoint import Checkpoint
    from pytest_trt.serving.survey import Survey
    from pytest_trt.serving.trace import Read, Trace

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


class Values:
    """Assets and variables of a served metagraph; worked out when they are asked for."""

    def __init__(self, survey: Survey, trace: Trace, checkpoint: Checkpoint, metagraph: MetaGraph) -> None:
        assert survey.graph is not None
        self.survey = survey
        self.trace = trace
        self.checkpoint = checkpoint
        self.model = survey.model
        self.metagraph = metagraph
        self.graph = survey.graph
        self.file = self.model.named(self.model.graph_file or "")
        self._files: bool | None = None
        self._uninitialised: set[str] | None = None
        self._initialised: dict[str, tuple[Reason | None]] = {}

    def _reason(self, stage: str, code: str, words: str, at: Location, what: str, **facts: str) -> Reason:
        return Reason(stage, code, words, at, facts={"what": what, "cause": what, **facts})

    def _trail(self) -> tuple[tuple[str, str], ...]:
        return (("metagraph", self.metagraph.label),)

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
        for read in self.trace.follow([name], [tensor for tensor, _ in self.metagraph.assets]):
            place_of = _FILE_READERS.get(read.node.op)
            if place_of is None or place_of >= len(read.node.inputs):
                continue
            source = self.trace.source_of(read, read.node.inputs[place_of])
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
        return self.model.folder.exists("assets", filename)

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
        for read in self.trace.follow(fetches, feeds):
            node = read.node
            if missing and node.op in ("ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape"):
                source = self.trace.source_of(read, node.inputs[0]) if node.inputs else None
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
                    absent = self._own_path(read, self.trace.source_of(read, node.inputs[at_input]), REQUEST)
                    if absent is not None:
                        return absent
        return None

    def _why_uninitialised(self) -> str:
        if self.metagraph.restore_op is not None and not self.checkpoint.has_index:
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
        if self.survey.whole or not self.checkpoint.has_index:
            for body in self.graph.bodies():
                if any(kind in body.ops for kind in kinds):
                    variables.update(self._resource((body, node)) for node in body.nodes() if node.op in kinds)
        if not variables:
            self._uninitialised = variables
            return variables
        from pytest_trt.artifacts.saved_model import init_op

        runs = []
        if self.checkpoint.restores:
            runs.append(([self.metagraph.restore_op or ""], [self.metagraph.filename_tensor]))
        name, _ = init_op(self.metagraph)
        if name is not None:
            runs.append(([name], [tensor for tensor, _ in self.metagraph.assets]))
        for fetches, feeds in runs:
            for read in self.trace.follow(fetches, feeds):
                if read.node.op in _INITIALISERS and read.node.inputs:
                    variables.discard(self._resource(self.trace.source_of(read, read.node.inputs[0])))
        self._uninitialised = variables
        return variables

"""Reading the checkpoint: what the restore op asks for, and whether the variables' files hold it.

Source: loader.cc (RunRestore), save_restore_tensor.cc (RestoreTensorsV2), tensor_bundle.cc.
"""

from __future__ import annotations

import os

from pytest_trt.artifacts.errors import ArtifactError
from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.variables import Bundle, Damaged, read_bundle
from pytest_trt.serving import constants, messages
from pytest_trt.serving.verdict import LOAD, Reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.artifacts.saved_model import MetaGraph
    from pytest_trt.serving.survey import Survey
    from pytest_trt.serving.trace import Read, Trace


class Checkpoint:
    """The variables of a served metagraph, as its restore op reads them.

    has_index: whether variables/variables.index is there; without it the server restores nothing, and says nothing.
    restores: whether it runs the restore op.
    """

    def __init__(self, survey: Survey, trace: Trace, metagraph: MetaGraph) -> None:
        self.survey = survey
        self.trace = trace
        self.model = survey.model
        self.metagraph = metagraph
        self.has_index = self.model.folder.exists("variables", "variables.index")
        self.restores = metagraph.restore_op is not None and self.has_index
        self._restored: tuple[Reason | None] | None = None

    def _reason(self, code: str, words: str, at: Location, what: str, variable: str = "") -> Reason:
        return Reason(LOAD, code, words, at, facts={"what": what, "cause": what, "variable": variable})

    def refused(self) -> Reason | None:
        """Why the restore op cannot be run at all: names that are not in the graph."""
        if not self.restores or not self.survey.whole:
            return None
        at = Location(self.model.named(self.model.graph_file or ""), (("metagraph", self.metagraph.label),))
        fed = [self.metagraph.filename_tensor, *(tensor for tensor, _ in self.metagraph.assets)]
        for tensor in fed:
            if self.survey.main.find(tensor) is None:
                text = messages.tensor_missing(tensor if ":" in tensor else f"{tensor}:0")
                return self._reason("TRT314", text, at, f"the restore step feeds {tensor!r}, which is not there")
        name = self.metagraph.restore_op or ""
        if self.survey.main.find(name) is None:
            text = f"NOT_FOUND: PruneForTargets: Some target nodes not found: {name} "
            return self._reason("TRT314", text, at, f"the restore op {name!r} is not in the graph")
        return None

    def fails(self) -> Reason | None:
        """Why reading the checkpoint fails, None where every tensor that is restored is there."""
        if not self.restores:
            return None
        if self._restored is None:
            self._restored = (self._restore(),)
        return self._restored[0]

    def _restore(self) -> Reason | None:
        shown = self.model.named("variables", "variables.index")
        at = Location(shown)
        asked = self._restored_keys()
        first = asked[0][0] if asked else None
        try:
            bundle = read_bundle("variables/variables", shown, self.model.folder)
        except Damaged as damage:
            code, _, text = str(damage).partition(": ")
            text = f"{code}: {first.around(text) if first else text}"
            return self._reason("TRT307", text, at, "variables/variables.index is damaged")
        except ArtifactError as error:
            return Reason(LOAD, error.code, "", error.location, facts={"why": error.why})
        if not asked:
            return self._shards(bundle, sorted(bundle.entries), None) if not self.survey.whole else None
        for read, keys in asked:
            for key in sorted(keys):
                if key not in bundle.entries:
                    text = "NOT_FOUND: " + read.around(f"Key {key} not found in checkpoint")
                    return self._reason(
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
                return self._reason("TRT307", text, Location(shown), f"variables/{name} is missing", variable=key)
            if entry.offset + entry.size > size:
                text = "OUT_OF_RANGE: " + around("Read less bytes than requested")
                what = f"variables/{name} is cut: {entry.offset + entry.size:,} bytes are needed, {size:,} are there"
                return self._reason("TRT307", text, Location(shown), what, variable=key)
        return None

    def _restored_keys(self) -> list[tuple[Read, list[str]]]:
        """The RestoreV2 nodes that the restore op runs, and the keys that each reads; [] where nobody reads nodes."""
        if not self.survey.whole:
            return []
        found = []
        for read in self.trace.follow([self.metagraph.restore_op or ""], [self.metagraph.filename_tensor]):
            if read.node.op == "RestoreV2" and len(read.node.inputs) > 1:
                source = self.trace.source_of(read, read.node.inputs[1])
                keys = constants.strings(source[1], source[0]) if source is not None else None
                if keys is not None:
                    found.append((read, [key.decode("utf-8", "replace") for key in keys]))
        return sorted(found, key=lambda one: one[0].node.offset)

"""TRT309: something else where the server expects a SavedModel."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case

# content -> (what is there, what to do)
_CONTENTS = {
    "graph_def": (
        "{file} is a frozen GraphDef, without signatures and tags",
        "Import the graph (`tf.compat.v1.import_graph_def`) and save it with"
        " `tf.compat.v1.saved_model.simple_save(session, folder, inputs, outputs)`; renaming does not make it a"
        " SavedModel.",
    ),
    "meta_graph_def": (
        "{file} is a MetaGraphDef, not a SavedModel",
        "Import it (`tf.compat.v1.train.import_meta_graph`), restore its checkpoint and save with"
        " `tf.compat.v1.saved_model.simple_save(session, folder, inputs, outputs)`.",
    ),
    "saved_model": (
        "{file} is a SavedModel without any metagraph",
        "Export the model again: nothing of it is in the file.",
    ),
    "empty": ("{file} is empty", "Copy or export the model again: the file has no byte."),
    "absent": (
        "the folder has no saved_model.pb",
        "Put saved_model.pb itself into the version folder (BASE/1/saved_model.pb), not into a folder below it.",
    ),
    "export_meta": (
        "export.meta marks a Session Bundle, a format that TensorFlow Serving removed",
        "Export the model as a SavedModel, and leave export.meta out of its folder.",
    ),
    "cpb": (
        "only saved_model.cpb is there, and the server reads saved_model.pb or saved_model.pbtxt",
        "Export the model as saved_model.pb, without experimental_image_format.",
    ),
    "folder": ("{file} is a folder, not a file", "Put the SavedModel's own saved_model.pb in its place."),
    "unknown": (
        "{file} holds bytes that are no SavedModel",
        "Compare its checksum with the original's and copy it again, or export the model again.",
    ),
}


@rule("TRT309", "not-a-saved-model", Severity.ERROR, "load")
def not_a_saved_model(case: Case) -> Iterator[Finding]:
    """Something else stands where the server expects saved_model.pb, or nothing.

    Why it matters
    --------------
    The server looks for `saved_model.pb` (or `saved_model.pbtxt`) in a version folder and for nothing else. What it
    says tells little of what it found: a frozen GraphDef under that name gives "Could not find meta graph def matching
    supplied tags: { serve }" (tensorflow/serving#1769, tensorflow/tensorflow#29543), as an empty file and a folder do;
    a MetaGraphDef gives "Can't parse .../saved_model.pb as binary proto"; a folder without it gives
    "Specified file path does not appear to contain a SavedModel bundle". A folder with `export.meta` is refused before
    anything else: "Session Bundle is deprecated and removed."

    What to do
    ----------
    Put a SavedModel there; the hint of a finding says how to get one from what is there. Of a TensorRT plan in that
    place TRT202 speaks, of a git-LFS pointer TRT208.

    Example
    -------
        detector/1/saved_model.pb
        The server will refuse to load this model: saved_model.pb is a frozen GraphDef, without signatures and tags.

        NOT_FOUND: Could not find meta graph def matching supplied tags: { serve }. To inspect available tag-sets in the
        SavedModel, please use the SavedModel CLI: `saved_model_cli`
    """
    for reason, targets in case.reasons("TRT309"):
        content = reason.facts.get("content", "unknown")
        what, hint = _CONTENTS.get(content) or _CONTENTS["unknown"]
        file = reason.facts.get("file") or "saved_model.pb"
        yield Finding(
            f"The server will refuse to load this model: {what.replace('{file}', file)}.",
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

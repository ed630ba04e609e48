"""TRT407: a base path in which the server sees no version."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT407", "base-path-without-versions", Severity.ERROR, "load")
def base_path_without_versions(case: Case) -> Iterator[Finding]:
    """The folder that is deployed as a model holds no version that the server sees.

    Why it matters
    --------------
    TensorFlow Serving serves the children of the base path whose names are whole numbers; everything else is ignored,
    a saved_model.pb that lies there directly as well. It starts, repeats "No versions of servable ... found under base
    path ... Did you forget to name your leaf directory as a number (eg. '/1/')?" and never becomes ready. Mounting the
    SavedModel itself (`-v $PWD/export:/models/resnet`), or its version folder, in place of the folder above is the
    usual cause. A version policy that names versions which are not there ends in the same way.

    Triton wants a version folder below each model folder too, and ignores names with a leading zero.

    What to do
    ----------
    Put the model into a numbered folder (`models/resnet/1/saved_model.pb`) and deploy the folder above it
    (`-v $PWD/models/resnet:/models/resnet`).

    Example
    -------
        run.sh:3
        The server will find no version of model 'resnet' in models/resnet: versions are folders whose names are
        numbers, and there is only: saved_model.pb, variables.

        No versions of servable resnet found under base path /models/resnet. Did you forget to name your leaf directory
        as a number (eg. '/1/')?
    """
    for reason, targets in case.reasons("TRT407"):
        facts = reason.facts
        path = facts.get("path") or "the folder that is deployed"
        model = f"model '{facts['model']}'" if facts.get("model") else "the model"
        if facts.get("repository") == "above":
            message = (
                f"Triton will find no model in {path}: it is given as a model repository, and is a folder inside of one"
                f" (there is: {facts.get('found')})."
            )
        elif facts.get("repository"):
            message = (
                f"Triton will find no model in {path}: it is given as a model repository, and the models are one folder"
                f" deeper, in {facts['repository']}."
            )
        elif facts.get("wanted"):
            found = f"there is only: {facts['found']}" if facts.get("found") else "the folder is empty"
            message = f"The server will not find version {facts['wanted']} of {model} in {path}: {found}."
        elif facts.get("file"):
            message = f"The server will find no version of {model}: {path} is a file, and versions are folders in it."
        else:
            found = f"and there is only: {facts['found']}" if facts.get("found") else "and it is empty"
            message = (
                f"The server will find no version of {model} in {path}: versions are folders whose names are numbers,"
                f" {found}."
            )
        where = facts.get("path") or "models/NAME"
        hint = (
            f"Put the model into a folder that is named by its version, as in `{where}/1`, and deploy the folder"
            " above it."
        )
        if facts.get("repository"):
            hint = "Give Triton the folder that holds the models' folders: REPOSITORY/MODEL/1/model.plan."
        yield Finding(
            message,
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

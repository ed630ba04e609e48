"""TRT201: a plan on its way to TensorFlow Serving."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT201", "plan-on-tensorflow-serving", Severity.ERROR, "load")
def plan_on_tensorflow_serving(case: Case) -> Iterator[Finding]:
    """A TensorRT plan is on its way to TensorFlow Serving, which has no loader for it.

    Why it matters
    --------------
    The stock server loads SavedModels (and TFLite files, if asked to) and nothing else. A version folder with only a
    plan is refused with "Specified file path does not appear to contain a SavedModel bundle", on every retry, and the
    server does not become ready. The way to TensorRT in TensorFlow Serving is TF-TRT, whose engines lie inside
    a SavedModel; it ends with 2.17 (TRT101).

    This is an error where a target of TensorFlow Serving is named, or where the folder says so: a numbered folder
    beside others that hold a saved_model.pb. `MODEL/1/model.plan` alone is Triton's layout as well, and so a note
    (TRT203).

    What to do
    ----------
    - Serve the plan with Triton: `REPOSITORY/MODEL/1/model.plan`, and `REPOSITORY/MODEL/config.pbtxt` with
      `platform: "tensorrt_plan"`. Source: Triton's model_repository.md; model.plan is the default name.
    - Or serve the model that the plan was built from: export it as a SavedModel into this folder.

    Example
    -------
        resnet/3/model.plan
        The server will not load this TensorRT plan: tensorflow/serving:2.20.0 has no loader for plans, only for
        SavedModels.
    """
    for reason, targets in case.reasons("TRT201"):
        servers = (reason.facts.get("servers") or "").split(", ")
        if reason.facts.get("layout") == "yes":
            message = (
                "The server will not load this TensorRT plan: the versions beside it are SavedModels, as TensorFlow"
                " Serving serves them, and it has no loader for plans."
            )
        else:
            named = " and ".join([", ".join(servers[:-1]), servers[-1]] if len(servers) > 1 else servers)
            message = (
                f"The server will not load this TensorRT plan: {named or 'TensorFlow Serving'}"
                f" {'have' if len(servers) > 1 else 'has'} no loader for plans, only for SavedModels."
            )
        yield Finding(
            message,
            reason.at,
            'Serve it with Triton, as `REPOSITORY/MODEL/1/model.plan` with `platform: "tensorrt_plan"` in'
            " `REPOSITORY/MODEL/config.pbtxt`; or put the SavedModel that it was built from into this folder.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

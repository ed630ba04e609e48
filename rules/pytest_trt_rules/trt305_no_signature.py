"""TRT305: a model that answers nothing."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT305", "no-signature", Severity.WARNING, "request")
def no_signature(case: Case) -> Iterator[Finding]:
    """The model loads, but has no signature that a request could name.

    Why it matters
    --------------
    The loader does not ask for signatures, so the model becomes available. Each request is then refused with
    `Serving signature key "serving_default" not found.` A `tf.Module` that is saved without `signatures=` has none
    unless a function of it was given an input signature.

    What to do
    ----------
    Export with signatures, as `tf.saved_model.save(model, folder, signatures=model.predict_step.get_concrete_function(
    tf.TensorSpec([None, 224, 224, 3])))` or `model.export(folder)` in Keras 3. `saved_model_cli show --dir FOLDER
    --all` lists them.

    Example
    -------
        resnet/1/saved_model.pb: serve
        The model will load, but it has no signature, so the server will answer no request.
    """
    for reason, targets in case.reasons("TRT305"):
        yield Finding(
            "The model will load, but it has no signature, so the server will answer no request.",
            reason.at,
            "Export it with `tf.saved_model.save(model, folder, signatures=...)`; `saved_model_cli show --dir FOLDER"
            " --all` lists what is there.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

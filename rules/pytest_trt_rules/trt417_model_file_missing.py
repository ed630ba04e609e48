"""TRT417: a config.pbtxt that names a file which is not there."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT417", "model-file-missing", Severity.ERROR, "load")
def model_file_missing(case: Case) -> Iterator[Finding]:
    """The version folder lacks the file that config.pbtxt names or implies.

    Why it matters
    --------------
    Triton opens one file or folder in each version that it serves: what `default_model_filename` says, what
    `cc_model_filenames` says for the GPU's compute capability, else the default of the platform (`model.plan` for
    `tensorrt_plan`, `model.savedmodel/` for `tensorflow_savedmodel`, `model.graphdef`, `model.onnx`, `model.pt`).
    It does not look for another. A plan under its own name (`resnet_fp16.plan`) without `default_model_filename`,
    and a renamed file, fail the load. A model without config.pbtxt fails where Triton does not complete it: up to
    22.06 by default, and with `--disable-auto-complete-config`. Each file of `cc_model_filenames` is needed as soon
    as a GPU of its kind is there.

    What to do
    ----------
    Rename the file, or name it: `default_model_filename: "resnet_fp16.plan"`.

    Example
    -------
        repository/resnet/config.pbtxt:2
        Triton will refuse to load this model: 1/model.plan, which platform tensorrt_plan wants, is not there.

        unable to find '/models/resnet/1/model.plan' for model instance 'resnet'
    """
    for reason, targets in case.reasons("TRT417"):
        file = reason.facts.get("file") or "a file of the model"
        by = next((kind for kind in ("platform", "backend") if reason.facts.get(kind)), "")
        wanted = f", which {by} {reason.facts[by]} wants," if by else ""
        yield Finding(
            f"Triton will refuse to load this model: {file}{wanted} is not there.",
            reason.at,
            "Write a config.pbtxt for the model, or let Triton complete it: by default from 22.07 on, with"
            " `--strict-model-config=false` before."
            if reason.facts.get("config")
            else "Put the file into the version folder under this name, or write its name into"
            " `default_model_filename`.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

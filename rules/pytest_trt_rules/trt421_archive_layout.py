"""TRT421: a SageMaker archive in which the container finds no model."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT421", "archive-layout", Severity.ERROR, "load")
def archive_layout(case: Case) -> Iterator[Finding]:
    """The archive is laid out so that SageMaker's container finds no model, or two of one name.

    Why it matters
    --------------
    The TensorFlow container walks the unpacked model.tar.gz: each saved_model.pb whose folder is named by digits makes
    the folder above it a model. A saved_model.pb at the root of the archive, or in a folder that is no number, is not
    seen ("no SavedModel bundles found!"), and two models whose folders have one name are refused by the server. The
    Triton container wants the model folder inside the archive: with config.pbtxt at the root it says "Model directory
    needs to contain the top level folder". Either way the endpoint fails its health check minutes later.

    What to do
    ----------
    - TensorFlow: `tar czf model.tar.gz -C export resnet` where `resnet/1/saved_model.pb` lies in `export`.
    - Triton: `resnet/config.pbtxt` and `resnet/1/model.plan` in the archive.

    Example
    -------
        model.tar.gz
        SageMaker's container will not serve this archive: saved_model.pb lies at its root, not in a folder that is
        named by a number.

        no SavedModel bundles found!
    """
    for reason, targets in case.reasons("TRT421"):
        why = delivery.sentence(reason.facts.get("why") or "") or "its layout is not the one that it looks for"
        yield Finding(
            f"SageMaker's container will not serve this archive: {why}.",
            reason.at,
            "Pack `MODEL/1/saved_model.pb` for TensorFlow, `MODEL/config.pbtxt` with `MODEL/1/` for Triton.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

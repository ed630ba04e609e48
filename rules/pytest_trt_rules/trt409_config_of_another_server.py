"""TRT409: the words of one server in the config of another."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT409", "config-of-another-server", Severity.ERROR, "load")
def config_of_another_server(case: Case) -> Iterator[Finding]:
    """A config file uses the words of another server.

    Why it matters
    --------------
    TensorFlow Serving's models.config and Triton's config.pbtxt are both protobuf text, look alike and share no field
    but `name`: `model_config_list`, `base_path`, `model_platform` and `model_version_policy` are TensorFlow Serving's;
    `platform`, `backend`, `max_batch_size`, `input`, `instance_group` and `version_policy` are Triton's. Text format
    knows no unknown fields: one such word, and the server that reads the file refuses all of it.

    What to do
    ----------
    Say it in the words of the server that reads the file: `model_platform: "tensorflow"` with
    `model_version_policy` for TensorFlow Serving, `platform: "tensorrt_plan"` with `version_policy` in
    `REPOSITORY/MODEL/config.pbtxt` for Triton.

    Example
    -------
        models.config:6
        TensorFlow Serving will refuse this models.config: platform, max_batch_size are words of Triton.
    """
    for reason, targets in case.reasons("TRT409"):
        words = reason.facts.get("words") or ""
        kind = reason.facts.get("file_kind") or "file"
        triton = kind == "config.pbtxt" or kind == "triton"
        reader, other = ("Triton", "TensorFlow Serving") if triton else ("TensorFlow Serving", "Triton")
        if not words:
            what = f"it is written in the words of {other}"
        else:
            what = f"{words} {'are words' if ',' in words else 'is a word'} of {other}"
        meant = reason.facts.get("meant")
        hint = f"Write {meant} here" if meant else f"Say it in the words of {reader}"
        yield Finding(
            f"{reader} will refuse this {kind}: {what}.",
            reason.at,
            f"{hint}, or give this file to {other}.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

"""TRT423: words that the server never reads."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT423", "arguments-ignored", Severity.WARNING, "file")
def arguments_ignored(case: Case) -> Iterator[Finding]:
    """Words or variables of the deployment have no effect on the server.

    Why it matters
    --------------
    The entrypoint of tensorflow/serving's images starts `tensorflow_model_server` with `--model_name` and
    `--model_base_path` made of MODEL_NAME and MODEL_BASE_PATH, and puts the words behind the image after them. So a
    command that begins with `tensorflow_model_server` again, or with `/bin/sh -c`, replaces nothing: the server prints
    "unknown argument" and starts all the same (model_servers/main.cc). The other way round a replaced entrypoint
    (`entrypoint:`, Kubernetes' `command:`, `ENTRYPOINT`) no longer reads the two variables.

    What to do
    ----------
    - Behind the image write flags only (`--model_config_file=/models/models.config`).
    - With an entrypoint of your own say `--model_name` and `--model_base_path` yourself.

    Example
    -------
        Dockerfile:5
        'tensorflow_model_server' has no effect: words behind the image are added to its entrypoint, which starts the
        server already.
    """
    for reason, targets in case.reasons("TRT423"):
        words = reason.facts.get("words")
        effect = delivery.sentence(reason.facts.get("effect") or "") or "the server does not read it"
        what = f"'{words}'" if words else "This"
        yield Finding(
            f"{what} has no effect: {effect}.",
            reason.at,
            "Write flags only behind the image; with an entrypoint of your own say `--model_name` and"
            " `--model_base_path` there.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

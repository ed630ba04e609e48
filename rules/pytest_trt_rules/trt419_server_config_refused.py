"""TRT419: a config that its server refuses."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


_SERVERS = {"tensorflow-serving": "TensorFlow Serving", "triton": "Triton"}


@rule("TRT419", "server-config-refused", Severity.ERROR, "load")
def server_config_refused(case: Case) -> Iterator[Finding]:
    """The server refuses this config, and with it every model that the config names.

    Why it matters
    --------------
    models.config and config.pbtxt are protobuf text, which is strict: a field that is not known, a missing brace or
    a value of another type, and nothing of the file counts. The server's own checks come after that. TensorFlow Serving
    wants each name once, and exactly one of `model_platform` and the old `model_type`; it ends its process on
    `custom_model_config`. Triton wants `name` to be the folder's and `platform` and `backend` to agree.

    What to do
    ----------
    Mend the line that is named. A config can be tried without a model: `tensorflow_model_server
    --model_config_file=FILE` says "Invalid protobuf file" at once.

    Example
    -------
        models.config:9
        TensorFlow Serving will refuse this config: model 'resnet' is listed twice.

        Illegal to list model resnet multiple times in config list
    """
    for reason, targets in case.reasons("TRT419"):
        server = _SERVERS.get(reason.facts.get("server", ""), "The server")
        why = delivery.sentence(reason.facts.get("why") or "") or "it is not what the server expects"
        repositories = reason.facts.get("kind") == "repositories"
        yield Finding(
            f"{server} will refuse a model: {why}." if repositories else f"{server} will refuse this config: {why}.",
            reason.at,
            "Give each model a folder name of its own, or leave out one of the repositories."
            if repositories
            else "Mend this line; nothing of the file counts before.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

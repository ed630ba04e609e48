"""TRT418: a deployment of which a part cannot be told."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import delivery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


_WHAT = {
    "image": "Which image serves this",
    "contents": "What this image holds",
    "path": "Which model is served here",
    "file": "What this file deploys",
    "load": "What the server loads of this model",
}


@rule("TRT418", "destination-unknown", Severity.NOTE, "any")
def destination_unknown(case: Case) -> Iterator[Finding]:
    """The file deploys something, and what it deploys or where cannot be told.

    Why it matters
    --------------
    Deployment files are templates: a variable that CI sets, a Helm value that is required, an image that is built
    elsewhere. trt-lint runs none of them and guesses nothing. What does not resolve is said here once, with the reason;
    the artifact is then judged as if no deployment were known, and the map shows the edge as unknown.

    The same is said where a flag has TensorFlow Serving load something else than verdicts are about: another metagraph
    (`--saved_model_tags` other than `serve`), or model.tflite (`--prefer_tflite_model`). The model then has no verdict
    for this server.

    What to do
    ----------
    - Give the variable a default in the file (`${TAG:-2.17.1-gpu}`, `ARG TAG=2.17.1-gpu`), or give trt-lint the
      rendered file (`helm template`, `docker compose config`, `kustomize build`).
    - Or name the destination in the configuration (`[[tool.trt-lint.destination]]`), or by `--target`.

    Example
    -------
        deploy.sh:3
        Which image serves this cannot be told: variable TAG is not set in this file.
    """
    for reason, targets in case.reasons("TRT418"):
        what = _WHAT.get(reason.facts.get("what", ""), _WHAT["file"])
        why = delivery.sentence(reason.facts.get("why") or "") or "it is not written in the files"
        yield Finding(
            f"{what} cannot be told: {why}.",
            reason.at,
            "Write it out, give trt-lint the rendered file, or name the destination in the configuration (or by"
            " `--target`).",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

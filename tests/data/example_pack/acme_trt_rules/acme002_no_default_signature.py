"""ACME002: models that the house's clients cannot ask."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_trt.artifacts.location import Location
from pytest_trt.lint import Case, Finding, Severity
from pytest_trt.lint.rule import rule


@rule("ACME002", "no-default-signature", Severity.ERROR, "request", looks=True)
def no_default_signature(case: Case) -> Iterator[Finding]:
    """The model loads, but has no signature serving_default.

    Why it matters
    --------------
    Our clients name no signature, and the server then takes serving_default.

    What to do
    ----------
    Export the model with `signatures={"serving_default": ...}`.

    Example
    -------
        resnet/1
        Our clients will get no answer: the model has no signature 'serving_default'.
    """
    targets = [
        verdict.target.name
        for verdict in case.verdicts
        if verdict.load == "ok" and "serving_default" not in verdict.signatures
    ]
    if targets:
        yield Finding(
            "Our clients will get no answer: the model has no signature 'serving_default'.",
            Location(case.artifact.path),
            'Export it with `signatures={"serving_default": ...}`.',
            targets=targets,
        )

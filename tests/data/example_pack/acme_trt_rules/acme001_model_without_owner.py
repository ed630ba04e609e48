"""ACME001: models that nobody answers for."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pytest_trt.artifacts.location import Location
from pytest_trt.lint import Case, Finding, Severity
from pytest_trt.lint.rule import rule


@rule("ACME001", "model-without-owner", Severity.WARNING, "file", looks=True)
def model_without_owner(case: Case) -> Iterator[Finding]:
    """No file says who answers for the model.

    Why it matters
    --------------
    At three in the morning somebody has to be called.

    What to do
    ----------
    Put the team's address into assets.extra/OWNER, which the server does not read.

    Example
    -------
        resnet/1
        Nobody answers for this model: assets.extra/OWNER is not there.
    """
    if case.artifact.kind != "saved_model":
        return
    if not os.path.isfile(os.path.join(case.artifact.path, "assets.extra", "OWNER")):
        yield Finding(
            "Nobody answers for this model: assets.extra/OWNER is not there.",
            Location(case.artifact.path),
            "Put the team's address into assets.extra/OWNER.",
        )

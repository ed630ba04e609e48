"""TRT406: a deployment of what is not there."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT406", "base-path-missing", Severity.ERROR, "load")
def base_path_missing(case: Case) -> Iterator[Finding]:
    """The deployment serves a path of this repository at which nothing lies.

    Why it matters
    --------------
    A renamed or deleted model folder is noticed late. `docker run -v` makes an empty folder of a path that is not
    there, so the container starts; TensorFlow Serving then repeats "Could not find base path ... for servable ..." or
    "No versions of servable ... found" and never becomes ready, and Triton starts without the model. A `COPY` fails the
    build of the image.

    Only paths that lead into the checked repository are reported. A path elsewhere on the host, a volume, a bucket and
    what git ignores are filled by somebody else; the map (`trt-lint destinations`) shows them.

    What to do
    ----------
    Correct the path, or bring the model back. If something makes the folder before the deployment (a download in CI),
    keep it out of git by .gitignore, or allow this finding with the reason.

    Example
    -------
        docker-compose.yml:9
        Nothing lies at models/resnet, so the server will not find model 'resnet' at /models/resnet.

        Could not find base path /models/resnet for servable resnet
    """
    for reason, targets in case.reasons("TRT406"):
        facts = reason.facts
        where = f"at {facts['path']}" if facts.get("path") else "where this leads"
        model = f"model '{facts['model']}'" if facts.get("model") else "a model"
        inside = f" at {facts['inside']}" if facts.get("inside") else ""
        yield Finding(
            f"Nothing lies {where}, so the server will not find {model}{inside}.",
            reason.at,
            "Correct the path, or put the model there; a folder that something makes before the deployment belongs into"
            " .gitignore.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

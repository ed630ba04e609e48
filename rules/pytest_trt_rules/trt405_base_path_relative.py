"""TRT405: a base_path that the server refuses before it looks at any file."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT405", "base-path-relative", Severity.ERROR, "load")
def base_path_relative(case: Case) -> Iterator[Finding]:
    """The base path of a model is neither absolute nor a URI.

    Why it matters
    --------------
    TensorFlow Serving checks each `base_path` before it starts: an absolute path, or a URI with a scheme
    (`s3://`, `gs://`). Anything else ends the start with "Expected model M to have an absolute path or URI; got
    base_path()=..." (model_servers/server_core.cc), also for every other model of the config. There is no working
    directory that it could be relative to.

    What to do
    ----------
    Write the path as the server sees it, inside its container: `/models/resnet`, not the path in the repository.

    Example
    -------
        models.config:4
        The server will refuse this config: base path 'models/resnet' of model 'resnet' is neither absolute nor a URI.

        Expected model resnet to have an absolute path or URI; got base_path()=models/resnet
    """
    for reason, targets in case.reasons("TRT405"):
        path = f" '{reason.facts['base_path']}'" if reason.facts.get("base_path") else ""
        model = f" of model '{reason.facts['model']}'" if reason.facts.get("model") else ""
        yield Finding(
            f"The server will refuse this config: base path{path}{model} is neither absolute nor a URI.",
            reason.at,
            "Write the absolute path inside the container (`/models/NAME`), or a URI (`s3://bucket/NAME`).",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

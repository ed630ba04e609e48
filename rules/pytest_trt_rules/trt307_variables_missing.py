"""TRT307: variables that are not there, or cut."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule
from pytest_trt_rules import outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT307", "variables-missing", Severity.ERROR, "any")
def variables_missing(case: Case) -> Iterator[Finding]:
    """Files of variables/ that the model needs are missing or cut.

    Why it matters
    --------------
    Without the folder, or without `variables.index`, the loader restores nothing and reports the model as available;
    each request that reads a variable then fails ("Attempting to use uninitialized value a", "Could not find variable
    ..."). With the index there and a data shard missing or cut, the load fails ("...variables.data-00000-of-00001; No
    such file or directory", "Read less bytes than requested"). Both were run with the server's own loader. A copy of
    saved_model.pb alone, a .gitignore and an interrupted upload do this. A checkpoint of another model, or of another
    state of it, lacks variables that the graph restores: the load fails with "Key ... not found in checkpoint".

    What to do
    ----------
    Deploy the whole SavedModel folder, with `variables/variables.index` and each `variables.data-*` in its full size.
    Where graph and checkpoint do not belong together, export again from the source.

    Example
    -------
        resnet/1/variables/variables.index
        The model will load, but every request of signature 'serving_default' will fail: it needs variable 'a', and
        variables/variables.index is missing.
    """
    for reason, targets in case.reasons("TRT307"):
        what = reason.facts.get("what", "a file of variables/ is missing")
        variable = reason.facts.get("variable")
        needs = f"variable '{variable}'" if variable and variable[:1] != "_" else "its variables"
        if what.startswith("variables/") or "variable" not in reason.facts:
            hint = (
                "Deploy the whole SavedModel folder, with variables/variables.index and every"
                " variables/variables.data-* in its full size; export again if they are lost."
            )
        else:
            hint = "Export the model again from its source, so that graph and checkpoint belong together."
        yield Finding(
            f"{outcome.consequence(reason)}: it needs {needs}, and {what}.",
            reason.at,
            hint,
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

"""TRT304: no metagraph for serving."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT304", "no-serve-tag", Severity.ERROR, "load")
def no_serve_tag(case: Case) -> Iterator[Finding]:
    """No metagraph of the file is tagged exactly {serve}.

    Why it matters
    --------------
    A SavedModel may hold several metagraphs, and the server takes the first whose set of tags is equal to {serve}.
    {train} is another set, and so is {serve, gpu}: "Could not find meta graph def matching supplied tags: { serve }".
    The same message comes from an empty file and from a frozen graph that was renamed to saved_model.pb (TRT309).

    What to do
    ----------
    - Look: `saved_model_cli show --dir FOLDER` lists the tag sets.
    - Export with the tag `serve` alone (`tf.saved_model.save` does; in TensorFlow 1
      `add_meta_graph_and_variables(session, ["serve"])`).
    - Or start the server with `--saved_model_tags=...`.

    Example
    -------
        resnet/1/saved_model.pb
        The server will refuse to load this model: it looks for the tags {serve} and nothing else, and the file has
        {train} and {serve, gpu}.

        NOT_FOUND: Could not find meta graph def matching supplied tags: { serve }. To inspect available tag-sets in the
        SavedModel, please use the SavedModel CLI: `saved_model_cli`
    """
    for reason, targets in case.reasons("TRT304"):
        sets = [one.strip() for one in reason.facts.get("tags", "").split(";")]
        tags = [one.replace(",", ", ").replace(",  ", ", ") for one in sets if one]
        there = " and ".join("no tags" if one == "no tags" else "{" + one + "}" for one in tags) or "no tags"
        yield Finding(
            "The server will refuse to load this model: it looks for the tags {serve} and nothing else, and the file"
            f" has {there}.",
            reason.at,
            "Export with the tag `serve` alone, as `tf.saved_model.save` does"
            + (
                f"; or start the server with --saved_model_tags={tags[0].replace(', ', ',')}"
                if tags and tags[0].replace(", ", "").isidentifier()
                else ""
            )
            + ". `saved_model_cli show --dir FOLDER` lists what is there.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

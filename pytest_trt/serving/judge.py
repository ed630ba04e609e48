"""From an artifact to verdicts: the room's door. What one kind of artifact needs is loaded for that kind."""

from __future__ import annotations

from pytest_trt.serving.runtime import Runtime
from pytest_trt.serving.target import Target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.open import Artifact
    from pytest_trt.serving.triton import Triton
    from pytest_trt.serving.verdict import Reason, Verdict


def judge(
    artifact: Artifact, targets: Sequence[Target | Runtime | Triton], named: bool = True
) -> tuple[list[Verdict], list[Reason]]:
    """Verdicts of an artifact, one a target that could be meant for it, and notices that hold for any target.

    named: whether somebody named the targets, and so said where everything goes.
    """
    if artifact.model is not None:
        from pytest_trt.serving import saved_model

        return saved_model.judge(artifact, [target for target in targets if not isinstance(target, Runtime)])
    if artifact.plan is not None:
        from pytest_trt.serving import plans

        return plans.judge(artifact, targets, named)
    if artifact.kind == "graph_def" and not all(isinstance(target, (Target, Runtime)) for target in targets):
        from pytest_trt.serving import frozen

        return frozen.judge(artifact, targets)
    from pytest_trt.serving import bare

    return [], bare.notices(artifact)

"""What a TensorRT runtime, or Triton with its own, does with a plan, and where a plan belongs.

The rules for TensorRT 8.6 were held against the runtime on an H100 (tests/data/plans/runtime.json): what counts is
the version inside the engine, not the one in the plan's header; a plan built for hardware compatibility runs on
other capabilities. Messages: "expecting" is the runtime, "got" the plan.
"""

from __future__ import annotations

import os

from pytest_trt.artifacts.location import Location
from pytest_trt.artifacts.member import Folder
from pytest_trt.serving.runtime import Runtime
from pytest_trt.serving.target import Target
from pytest_trt.serving.verdict import FAIL, FILE, LOAD, OK, UNKNOWN, Reason, Verdict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_trt.artifacts.open import Artifact
    from pytest_trt.artifacts.plan import Plan
    from pytest_trt.serving.tensorrt_version import TensorRTVersion
    from pytest_trt.serving.triton import Triton

_ENGINE_NAMES = (".plan", ".engine", ".trt")
_GRAPH_NAMES = (".pb", ".pbtxt")
_NATIVE = ("lean runtime", "plugin library")


def judge(
    artifact: Artifact, targets: Sequence[Target | Runtime | Triton], named: bool
) -> tuple[list[Verdict], list[Reason]]:
    """Verdicts of the runtimes among the targets, and notices. named: whether the user named the targets."""
    plan = artifact.plan
    assert plan is not None
    at = Location(artifact.path)
    notices: list[Reason] = []

    def notice(code: str, **facts: str) -> None:
        notices.append(Reason(FILE, code, "", at, facts={"cause": code, **facts}))

    if plan.damage is not None:
        notice("TRT204", what=plan.damage)
    if plan.disagreement is not None and plan.damage is None:
        notice("TRT904", why=f"{plan.disagreement}; the runtime goes by the engine")
    native = [name for name, _, _ in plan.entries if name in _NATIVE]
    if native:
        notice("TRT207", entries=", ".join(native))
    if artifact.path.endswith(_GRAPH_NAMES):
        notice("TRT202", file=os.path.basename(artifact.path))
    runtimes = [target for target in targets if not isinstance(target, Target)]
    servers = [target.name for target in targets if isinstance(target, Target) and target.serving] if named else []
    home = _home(artifact)
    if named and not servers and not all(isinstance(target, Runtime) for target in runtimes):
        pass
    elif servers or home == "tensorflow-serving":
        notice("TRT201", servers=", ".join(servers), layout="" if servers else "yes")
    elif not runtimes and home is None and not artifact.path.endswith(_GRAPH_NAMES):
        notice("TRT203", version=plan.version or "", product=plan.product)
    return [_of(plan, runtime, at) for runtime in runtimes], notices


def _of(plan: Plan, target: Runtime | Triton, at: Location) -> Verdict:
    if isinstance(target, Runtime):
        return _verdict(plan, target, at)
    if target.runtime is not None:
        return _verdict(plan, target.runtime, at)
    verdict = Verdict(target)
    lacking = target.no_runtime
    assert lacking is not None
    facts = {"image": target.image, "platform": "tensorrt_plan", "backend": "tensorrt", "last": "", "why": lacking.why}
    verdict.fail_load(Reason(LOAD, "TRT411", lacking.message, at, facts={**facts, "cause": "TRT411"}))
    return verdict


def _home(artifact: Artifact) -> str | None:
    """Whose layout a plan lies in: "triton", "tensorflow-serving", or None where that cannot be told."""
    folder = artifact.around or Folder(os.path.dirname(os.path.abspath(artifact.path)))
    above = folder.above()
    if above.is_file("config.pbtxt") or folder.is_file("config.pbtxt"):
        return "triton"
    if not os.path.basename(folder.path).isdigit():
        return None
    if any(name.isdigit() and above.is_file(name, "saved_model.pb") for name in above.names()):
        return "tensorflow-serving"
    return None


def _verdict(plan: Plan, runtime: Runtime, at: Location) -> Verdict:
    verdict = Verdict(runtime)

    def fail(code: str, words: str, state: str = FAIL, **facts: str) -> None:
        facts["cause"] = f"{code} {facts.get('kind', '')}"
        verdict.fail_load(Reason(LOAD, code, words, at, facts=facts), state)

    if plan.damage is not None:
        fail("TRT204", "", what=plan.damage)
        return verdict
    if plan.prefix:
        what = (
            f"{plan.prefix:,} bytes of metadata stand before the plan; Ultralytics takes them off, a runtime does not"
        )
        fail("TRT204", "Serialization assertion plan->header.magicTag == rt::kPLAN_MAGIC_TAG failed.", what=what)
        return verdict
    if plan.product != runtime.product:
        words = "Serialization assertion header.magicTag == kEXPECTED_MAGIC_TAG failed."
        fail("TRT205", words, kind="product", plan=plan.product, runtime=runtime.product)
        return verdict
    _version(plan, runtime, fail)
    if verdict.load == FAIL:
        return verdict
    if runtime.triton and verdict.load == OK and _holds_lean_runtime(plan):
        why = "it holds a lean runtime, which Triton runs only with --backend-config=tensorrt,version-compatible=true"
        fail("TRT904", "", UNKNOWN, why=why, certain="no", image=runtime.name)
    # TensorRT 8.6 takes any tag (seen); later ones take their own.
    if (
        plan.product == "tensorrt"
        and plan.platform is not None
        and runtime.platform not in (None, plan.platform)
        and runtime.version[0] >= 10
    ):
        words = (
            "Platform specific tag mismatch detected. TensorRT plan files are only supported on the target runtime"
            " platform they were created on."
        )
        fail("TRT205", words, kind="platform", plan=plan.platform, runtime=runtime.platform or "")
        return verdict
    _capability(plan, runtime, fail)
    return verdict


def _version(plan: Plan, runtime: Runtime, fail: Callable[..., None]) -> None:
    """The version is compared in every part that both sides name; TensorRT-RTX leaves out the last."""
    if plan.version is None:
        why = plan.unknown.get("version", "the plan does not hold its version")
        known = runtime.known
        if plan.layout == "A" and runtime.version[:1] > (5,) and (known is None or known.sure):
            ours = runtime.version_text if known is None else known.sure_text
            fail("TRT205", "", kind="version", plan="4 or 5", runtime=ours)
        else:
            fail("TRT904", "", UNKNOWN, why=why)
        return
    if runtime.known is not None:
        _in_container(plan, plan.version, runtime.known, runtime, fail)
        return
    theirs = tuple(map(int, plan.version.split(".")))
    parts = min(len(runtime.version), 3 if plan.product == "tensorrt-rtx" else 4)
    if theirs[:parts] == runtime.version[:parts]:
        return
    if _holds_lean_runtime(plan) and _carries_over(theirs, runtime.version):
        return
    words = (
        "The engine plan file is not compatible with this version of TensorRT, expecting library version"
        f" {runtime.version_text} got {plan.version}, please rebuild."
    )
    if plan.product == "tensorrt-rtx":
        words = (
            f"The engine has been created with TensorRT-RTX version {plan.version}, but the current runtime is"
            f" TensorRT-RTX version {runtime.version_text}."
        )
    fail("TRT205", words, kind="version", plan=plan.version, runtime=runtime.version_text)


def _in_container(
    plan: Plan, version: str, known: TensorRTVersion, runtime: Runtime, fail: Callable[..., None]
) -> None:
    """The version against a container's TensorRT, of which not every number may be known."""
    takes = known.takes(version)
    if takes is not True and known.sure and _holds_lean_runtime(plan):
        ours = tuple(map(int, known.sure_text.split(".")))
        if _carries_over(tuple(map(int, version.split("."))), ours):
            return
    if takes is False:
        words = ""
        if known.certain:
            words = (
                "The engine plan file is not compatible with this version of TensorRT, expecting library version"
                f" {known.sure_text} got {known.shown(version)}, please rebuild."
            )
        fail("TRT205", words, kind="version", plan=version, runtime=known.sure_text)
    elif takes is None:
        why = f"the plan was built by TensorRT {version}, and {known.why}"
        fail("TRT904", "", UNKNOWN, why=why, certain="no", image=runtime.name)


def _holds_lean_runtime(plan: Plan) -> bool:
    return any(name == "lean runtime" for name, _, _ in plan.entries)


def _carries_over(plan: tuple[int, ...], runtime: tuple[int, ...]) -> bool:
    """Whether a version-compatible plan runs on a later runtime. Source: TensorRT 11.4.1 support matrix."""
    if runtime[: len(plan)] < plan[: len(runtime)]:
        return False
    return runtime[0] == plan[0] or (plan[0], runtime[0]) in ((8, 10), (10, 11))


def _capability(plan: Plan, runtime: Runtime, fail: Callable[..., None]) -> None:
    ours = runtime.capability
    if plan.product == "tensorrt-rtx":
        if ours is None or not plan.capabilities:
            return
        newest = ">12.1" in plan.capabilities and number(ours) > number("12.1")
        if ours not in plan.capabilities and not newest:
            words = (
                f"The engine cannot run on this GPU, which has compute capability {ours}. Supported compute"
                f" capabilities: {' '.join(plan.capabilities)}."
            )
            fail("TRT206", words, plan=", ".join(plan.capabilities), runtime=ours)
        return
    if ours is None or plan.compute_capability == ours:
        return
    if plan.compute_capability is None:
        fail("TRT904", "", UNKNOWN, why=plan.unknown.get("compute_capability", "the plan does not hold its GPU"))
        return
    if plan.hardware_compatibility == "ampere+":
        if number(ours) >= (8, 0):
            return
        words = (
            "The current device is not compatible with this hardware-compatible engine. Expected compute capability >="
            f" 8.0 but got compute capability = {ours}."
        )
        fail("TRT206", words, plan="8.0 and above", runtime=ours)
        return
    if plan.hardware_compatibility is None and plan.unknown.get("hardware_compatibility") and number(ours) >= (8, 0):
        why = (
            f"the plan was built on compute capability {plan.compute_capability}, and whether for hardware"
            f" compatibility is not known: {plan.unknown['hardware_compatibility']}"
        )
        fail("TRT904", "", UNKNOWN, why=why)
        return
    words = (
        f"The engine plan file is generated on an incompatible device, expecting compute {ours} got compute"
        f" {plan.compute_capability}, please rebuild."
    )
    fail("TRT206", words, plan=plan.compute_capability, runtime=ours)


def number(capability: str) -> tuple[int, int]:
    """What compute capabilities are compared by."""
    major, _, minor = capability.partition(".")
    return int(major), int(minor or 0)

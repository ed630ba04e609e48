"""TRT207: a plan with native code inside."""

from __future__ import annotations

from pytest_trt.lint.finding import Finding, Severity
from pytest_trt.lint.rule import rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_trt.lint.case import Case


@rule("TRT207", "plan-holds-native-code", Severity.WARNING, "load")
def plan_holds_native_code(case: Case) -> Iterator[Finding]:
    """A TensorRT plan carries native code, which runs in the process that loads it.

    Why it matters
    --------------
    A plan that was built with VERSION_COMPATIBLE carries a lean runtime, a shared library, unless EXCLUDE_LEAN_RUNTIME
    was set too; plugins can be serialised into a plan the same way. TensorRT loads that library and calls it, with all
    rights of the server: whoever can replace the file can run any code there. For that reason TensorRT asks the
    program: without `runtime.engine_host_code_allowed = True` it says "Cannot deserialize engine with lean runtime
    since IRuntime::getEngineHostCodeAllowed() is false." (text of TensorRT's library) and returns no engine. Triton's
    TensorRT backend has an option for it, false unless set (`--backend-config=tensorrt,version-compatible=true`;
    source: its README).

    Every plan is input to native code and no sandbox stands around it; this one is native code.

    What to do
    ----------
    - Load it from where only trusted people and programs can write, and check its digest before.
    - Or build with VERSION_COMPATIBLE and EXCLUDE_LEAN_RUNTIME, and load the lean runtime of the same version from an
      installation (`runtime.load_runtime(path)`).
    - Or install the plugin library beside the server, instead of serialising it into plans.

    Example
    -------
        engines/resnet.plan
        This plan carries native code (lean runtime): the process that loads it runs that code, if it allows it at all.
    """
    for reason, targets in case.reasons("TRT207"):
        entries = reason.facts.get("entries") or "a library"
        cures = []
        if "plugin" in entries:
            cures.append("install the plugin library beside the server instead of serialising it into plans")
        if "plugin" not in entries or "lean" in entries:
            cures.append(
                "build with EXCLUDE_LEAN_RUNTIME and load TensorRT's own lean runtime (`runtime.load_runtime`)"
            )
        yield Finding(
            f"This plan carries native code ({entries}): the process that loads it runs that code, if it allows it at"
            " all.",
            reason.at,
            f"Load it only from where trusted people and programs write; or {'; or '.join(cures)}.",
            targets=targets,
            quote=reason.message or None,
            via=reason.via,
            also=reason.also,
            count=reason.count,
        )

"""What the formats for people have in common: which finding belongs to which artifact, and the sentences."""

from __future__ import annotations

from pytest_trt.lint.report import places
from pytest_trt.lint.report.visible import visible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.lint.case import Case
    from pytest_trt.lint.finding import Finding
    from pytest_trt.lint.runner import Report
    from pytest_trt.serving.verdict import Verdict

KINDS = {
    "saved_model": "SavedModel",
    "graph_def": "frozen GraphDef",
    "meta_graph_def": "MetaGraphDef",
    "plan": "TensorRT plan",
    "timing_cache": "TensorRT timing cache",
    "lfs_pointer": "git-LFS pointer",
    "onnx": "ONNX model",
    "version_folder": "version folder",
    "deployment": "deployment file",
}
# Of a deployment file, by the reader that reads it.
_DEPLOYMENTS = {
    "dockerfile": "Dockerfile",
    "compose": "Compose file",
    "kubernetes": "Kubernetes manifest",
    "kserve": "KServe manifest",
    "helm": "Helm chart",
    "pipeline": "CI pipeline",
    "ansible": "Ansible playbook",
    "shell": "shell script",
    "makefile": "Makefile",
    "models.config": "models.config of TensorFlow Serving",
    "config.pbtxt": "config.pbtxt of Triton",
    "sagemaker": "SageMaker archive",
}
CONTENTS = {
    "graph_def": "its graph file is a frozen GraphDef",
    "meta_graph_def": "its graph file is a MetaGraphDef",
    "plan": "its graph file is a TensorRT plan",
    "lfs_pointer": "its graph file is a git-LFS pointer",
    "empty": "its graph file is empty",
    "absent": "without a graph file",
    "unknown": "its graph file is not a SavedModel",
}
_SIGNATURES_SHOWN = 6
_ANSWERS_SHOWN = 3
# What TensorFlow writes between an error and the node that it blames.
_BLAMED = "\n\t [["
CLEAN_SHOWN = 20
_ORDER = {"error": 0, "warning": 1, "note": 2}


class Part:
    """An artifact's share of a report, or a deployment file's: path, findings, case (None where none claims them)."""

    __slots__ = ("path", "case", "findings")

    def __init__(self, path: str, case: Case | None) -> None:
        self.path = path
        self.case = case
        self.findings: list[Finding] = []

    def ordered(self) -> list[Finding]:
        """Findings with those of the same targets together, the gravest first."""
        groups: dict[tuple[str, ...], list[Finding]] = {}
        for finding in gravest_first(self.findings):
            groups.setdefault(tuple(finding.targets), []).append(finding)
        return [finding for group in groups.values() for finding in group]


class Told:
    """What a report has said already, so that it is not said again for each artifact."""

    __slots__ = ("_cures", "_codes", "_quotes", "_messages")

    def __init__(self) -> None:
        self._cures: dict[str, tuple[str, str]] = {}
        self._codes: dict[str, str] = {}
        self._quotes: set[tuple[str, str]] = set()
        self._messages: set[tuple[str, str]] = set()

    def message(self, finding: Finding) -> str:
        """What will happen, "" where the same rule has said the same."""
        key = (finding.code, finding.message)
        if key in self._messages:
            return ""
        self._messages.add(key)
        return finding.message

    def cure(self, finding: Finding, part: Part) -> tuple[str, bool]:
        """(words, whether they are the cure itself): where it was told, in place of telling it again."""
        known = self._cures.get(finding.hint)
        if known is None:
            self._cures[finding.hint] = (finding.code, part.path)
            self._codes.setdefault(finding.code, finding.hint)
            return finding.hint, True
        code, path = known
        first = self._codes.get(code) == finding.hint
        return f"as for the first {code}" if first else f"as for {code} of {path}", False

    def quote(self, finding: Finding) -> str:
        """The server's words, "" where they were told for the same rule."""
        key = (finding.code, finding.quote or "")
        if key in self._quotes:
            return ""
        self._quotes.add(key)
        return key[1]


def gravest_first(findings: Sequence[Finding]) -> list[Finding]:
    """Errors, warnings, notes, each in the order given."""
    return sorted(findings, key=lambda one: _ORDER.get(one.severity, 3))


def in_line(quote: str) -> str:
    """A server's words, with which it blames a node on another line, on one."""
    return quote.replace(_BLAMED, " [[")


def sentence(text: str) -> str:
    """The first sentence of a server's words, without the nodes that it blames."""
    text = text.partition(_BLAMED)[0]
    for place, character in enumerate(text):
        if character == "." and text[place + 1 : place + 2] == " " and text[place + 2 :].lstrip()[:1].isupper():
            return text[: place + 1]
    return text


def parts(report: Report) -> list[Part]:
    """A report by artifact and deployment file, in the order of their paths."""
    found = {case.artifact.path: Part(case.artifact.path, case) for case in (*report.deployments, *report.cases)}
    for finding in report.findings:
        path = finding.at.path
        while path not in found and "/" in path.rstrip("/"):
            path = path.rstrip("/").rpartition("/")[0]
        if path not in found:
            path = "." if "." in found else finding.at.path
        found.setdefault(path, Part(path, None)).findings.append(finding)
    return sorted(found.values(), key=lambda part: part.path)


def split(found: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Artifacts of which there is nothing to say but that every target serves them or none was asked, and the rest."""
    clean = [part for part in found if _is_clean(part)]
    return clean, [part for part in found if not _is_clean(part)]


def _is_clean(part: Part) -> bool:
    if part.findings or part.case is None or not part.case.artifact.complete:
        return False
    asked = _has_signatures(part.case)
    return all(state(verdict) == "ok" and (verdict.signatures or not asked) for verdict in part.case.verdicts)


def _has_signatures(case: Case) -> bool:
    """Whether requests go to signatures: of a SavedModel they do, of plans and frozen graphs not."""
    return case.artifact.kind == "saved_model"


def served(part: Part) -> str:
    """The verdict on a clean artifact: "served by tensorflow/serving:2.20.0, 2.20.0-gpu", "loads on tensorrt:8.6.1"."""
    if part.case is None or not part.case.verdicts:
        return f"{kind(part.case) if part.case is not None else ''}, nothing to report".removeprefix(", ")
    does = "served by" if _has_signatures(part.case) else "loads on"
    return f"{does} {targets([verdict.target.name for verdict in part.case.verdicts])}"


def kind(case: Case) -> str:
    """What an artifact is: "SavedModel, its graph file is empty"."""
    artifact = case.artifact
    words = KINDS.get(artifact.kind, "")
    if artifact.kind == "deployment":
        words = _DEPLOYMENTS.get(artifact.content, words)
    if artifact.kind == "saved_model" and artifact.content in CONTENTS:
        words += f" ({CONTENTS[artifact.content]})"
    if not artifact.complete:
        words += (", " if words else "") + "not read wholly"
    return words


def state(verdict: Verdict) -> str:
    """The worst that the verdict says: "fail", "unknown" or "ok"."""
    states = [verdict.load, *verdict.signatures.values()]
    return "fail" if "fail" in states else "unknown" if "unknown" in states else "ok"


def clauses(verdict: Verdict, signatures: bool = True) -> list[tuple[str, str]]:
    """A verdict as (state, words): how it loads, then what becomes of requests. signatures: whether these name any."""
    if verdict.load == "fail":
        return [("fail", "does not load")]
    if verdict.load == "unknown":
        return [("unknown", "may not load")]
    if not signatures:
        return [("ok", "loads")]
    if not verdict.signatures:
        return [("ok", "loads"), ("unknown", "has no signature to ask for")]
    result = [("ok", "loads")]
    for one, words in (("fail", "every request fails"), ("unknown", "requests may fail"), ("ok", "answers")):
        names = [name for name, known in verdict.signatures.items() if known == one]
        if one == "ok" and len(names) > _ANSWERS_SHOWN:
            which = f"all {len(names)}" if len(names) == len(verdict.signatures) else f"the other {len(names)}"
            result.append((one, f"answers {which} signatures"))
        elif names:
            shown = ", ".join(visible(name, 80) for name in names[:_SIGNATURES_SHOWN])
            more = f" and {len(names) - _SIGNATURES_SHOWN} more" if len(names) > _SIGNATURES_SHOWN else ""
            result.append((one, f"{shown}{more}: {words}" if one != "ok" else f"{words} {shown}{more}"))
    return result


def said(part: Part) -> list[tuple[str, list[tuple[str, str]], list[str]]]:
    """The verdicts as (state, clauses, targets), those that say the same together."""
    groups: dict[tuple[tuple[str, str], ...], tuple[str, list[str]]] = {}
    for verdict in part.case.verdicts if part.case is not None else []:
        said = tuple(clauses(verdict, part.case is None or _has_signatures(part.case)))
        groups.setdefault(said, (state(verdict), []))[1].append(verdict.target.name)
    return [(one, list(words), names) for words, (one, names) in groups.items()]


def via(finding: Finding) -> list[tuple[str, str]]:
    """The call path, without what the verdict has said already (stage load) and a node's op where its name says it."""
    path = []
    for what, name in finding.via:
        node, _, op = name.partition(" (")
        stem, _, number = node.rpartition("/")[2].rpartition("_")
        named = op in (f"{node.rpartition('/')[2]})", f"{stem if number.isdigit() else node})")
        if (what, name) != ("stage", "load"):
            path.append((what, node if named else name))
    return path


def inside(path: str, part: Part) -> str:
    """A path as it is called inside its artifact, "" where it is the artifact itself."""
    if path == part.path:
        return ""
    folder = part.path.rstrip("/") + "/"
    return path[len(folder) :] if path.startswith(folder) else path


def concerned(finding: Finding, report: Report) -> list[str]:
    """The targets that a finding concerns where these are not all that were asked."""
    return [] if set(finding.targets) in (set(), set(report.targets)) else list(finding.targets)


def steps(finding: Finding) -> list[tuple[str, str]]:
    """The way to the node as (what, name): the metagraph, the call path from the signature or stage, the place."""
    trail = places.steps(finding.at)
    head = []
    if trail and trail[0][0] == "metagraph":
        head = [trail.pop(0)]
    path = [step for step in via(finding) if step not in head]
    return head + path + [step for step in trail if step not in path]


def targets(names: Sequence[str]) -> str:
    """Names of targets, a repository that they share named once: tensorflow/serving:2.20.0, 2.20.0-gpu."""
    shown = []
    before = ""
    for name in names:
        repository, colon, tag = name.rpartition(":")
        shown.append(visible(tag if colon and repository == before else name))
        before = repository if colon else ""
    return ", ".join(shown)


def number(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def summary(report: Report) -> str:
    """The last line of a report."""
    if not report.cases and not report.deployments:
        return "No model artifacts found."
    counts = [number(report.count(one), one) for one in ("error", "warning", "note") if report.count(one)]
    found = f"Found {listed(counts)}" if counts else "No problems found"
    looked = [number(len(report.cases), "artifact")] if report.cases else []
    looked += [number(len(report.deployments), "deployment file")] if report.deployments else []
    line = f"{found} in {listed(looked)}, for {number(len(report.targets), 'target')}."
    if report.unread:
        was = "was" if report.unread == 1 else "were"
        line += f" {number(report.unread, 'artifact')} {was} not read wholly."
    for count, where in ((report.allowed, "allowances"), (report.baselined, "the baseline")):
        if count:
            line += f" {number(count, 'finding')} left out by {where}."
    return line


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most width characters, broken at spaces; a longer word stays whole."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def listed(words: Sequence[str]) -> str:
    """a, b and c"""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def more_places(finding: Finding) -> int:
    """How many places of the cause the finding does not show."""
    return max(0, finding.count - 1 - len(finding.also))


def statistics(report: Report) -> list[tuple[int, str, str, str]]:
    """How many findings a rule has, most first: (count, code, severity, name)."""
    counts: dict[tuple[str, str, str], int] = {}
    for finding in report.findings:
        key = (finding.code, finding.severity, finding.name)
        counts[key] = counts.get(key, 0) + 1
    return sorted(((count, *key) for key, count in counts.items()), key=lambda row: (-row[0], row[1]))

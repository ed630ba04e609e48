"""What the variables of a script are while it is followed: branches that may run, subshells, the working folder."""

from __future__ import annotations

from pytest_trt.deploy.edge import Said, line
from pytest_trt.deploy.scope import BY_CALLER, UNKNOWN, Partly, below, said, shape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_trt.artifacts.location import Location
    from pytest_trt.deploy.scope import Variables

    Folders = tuple[str | None, str | None, tuple[str | None, ...]]
    Log = dict[str, Said | list[Said] | None]


class Bindings:
    """The variables and the working folder of a script. folder: ANCHOR at first, None where it is not known.

    What a branch sets is not known behind it, unless the branch was chosen by whoever calls the script and a value
    was there before: that one is then the default.
    """

    def __init__(self, path: str, scope: Variables, folder: str | None) -> None:
        self.path = path
        self.scope = scope
        self.folder = folder
        self.logs: list[Log] = []
        self.before: str | None = None  # the folder that `cd -` goes to
        self.pushed: list[str | None] = []
        self.set_pwd()

    def begin(self) -> tuple[Log, Folders]:
        """From here on what is set can be undone."""
        log: Log = {}
        self.logs.append(log)
        return log, (self.folder, self.before, tuple(self.pushed))

    def back(self, folders: Folders, certain: bool = True) -> None:
        """To where it was at the beginning. certain: a subshell ends; else it may have gone elsewhere."""
        if not certain and folders[1:] != (self.before, tuple(self.pushed)):
            self.folder, self.before, self.pushed = folders[0], None, []
        else:
            self.folder, self.before, self.pushed = folders[0], folders[1], list(folders[2])

    def set(self, name: str, value: Said | list[Said]) -> None:
        if self.logs and name not in self.logs[-1]:
            self.logs[-1][name] = dict.get(self.scope, name)
        self.scope[name] = value

    def set_pwd(self) -> None:
        at = line(self.path, 1)
        folder = self.folder
        self.set("PWD", Said(folder, at, "" if folder is not None else "the working folder is not known"))

    def go(self, folder: str | None) -> None:
        self.before, self.folder = self.folder, folder
        self.set_pwd()

    def change(self, name: str, words: Sequence[Said]) -> None:
        """cd, pushd and popd."""
        target = next((each for each in words if each.text is None or each.text == "-" or each.text[:1] != "-"), None)
        if name == "popd":
            self.go(self.pushed.pop() if self.pushed else None)
            return
        if name == "pushd":
            self.pushed.append(self.folder)
        if target is None or target.text is None:
            self.go(None)
        else:
            self.go(self.before if target.text == "-" else below(self.folder, target.text))

    def restore(self, log: Log) -> dict[str, Said | list[Said]]:
        """What was set since the log began; it is undone."""
        assert self.logs[-1] is log
        self.logs.pop()
        changed: dict[str, Said | list[Said]] = {}
        for name, old in log.items():
            now = dict.get(self.scope, name)
            if now is not None:
                changed[name] = now
            if old is None:
                self.scope.pop(name, None)
            else:
                self.scope[name] = old
        return changed

    def uncertain(self, name: str, values: list[Said | list[Said]], where: str, default: bool) -> None:
        """One of these values may have been set, or none."""
        old = dict.get(self.scope, name)
        if name == "PWD":
            texts = {each.text for each in values if isinstance(each, Said)}
            if texts != {self.folder}:
                self.go(None)
            return
        if default and isinstance(old, Said) and old.text is None and old.why.endswith(BY_CALLER) and len(values) == 1:
            self.set(name, values[0])  # `NAME=$1`, then a value for where nobody gives one
            return
        known = [each for each in values if not (isinstance(each, Said) and each.why.endswith(BY_CALLER))]
        if old is not None and (not known or (default and not (isinstance(old, Said) and old.text == ""))):
            return
        if old is None and len(values) == 1 and (default or not known):
            self.set(name, values[0])
            return
        texts = {each.text if isinstance(each, Said) else None for each in (*known, *([old] if old else []))}
        first = values[0]
        if len(texts) == 1 and None not in texts and old is not None:
            return
        if len(values) == 1 and self._longer(name, old, first, where):
            return
        at = first.at if isinstance(first, Said) else (first[0].at if first else line(self.path, 1))
        self.set(name, Said(None, at, f"{name} is set {where}"))

    def _longer(self, name: str, old: Said | list[Said] | None, new: Said | list[Said], where: str) -> bool:
        """What a branch only adds to is known up to there."""
        why = f"{name} gets more {where}"
        if isinstance(old, list) and isinstance(new, list) and 0 < len(old) < len(new):
            self.set(name, [*old, *(Partly(UNKNOWN, each.at, why) for each in new[len(old) :])])
            return True
        if isinstance(old, Said) and isinstance(new, Said) and old.text and shape(new).startswith(old.text + " "):
            self.set(name, Partly(f"{old.text} {UNKNOWN}", new.at, why))
            return True
        return False

    def added(self, name: str, value: Said | list[Said], at: Location) -> Said | list[Said]:
        """What `name+=value` makes of it."""
        old = self.scope.get(name)
        if isinstance(value, list):
            before = old if isinstance(old, list) else ([old] if old is not None else [])
            return [*before, *value] if len(before) < 1_000 else [Said(None, at, f"{name} has too many elements")]
        if isinstance(old, list):
            return Said(None, at, f"{name} is an array")
        why = (old.why if old is not None and old.text is None else "") or value.why
        return said((shape(old) if old is not None else "") + shape(value), why, at)

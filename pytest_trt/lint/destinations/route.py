"""[[tool.trt-lint.destination]]: the configuration says where artifacts go that no deployment file speaks of."""

from __future__ import annotations

import os

from pytest_trt.artifacts.location import Location
from pytest_trt.lint.globs import Glob
from pytest_trt.lint.keys import known, table_of, text_of, texts_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_trt.lint.destinations.destination import Asked
    from pytest_trt.lint.keys import Origin
    from pytest_trt.lint.toml import Keys

ROUTE_KEYS = ("path", "target", "reason")


class Route:
    """Artifacts whose path fits one of the patterns go to these targets. reason: None where none is given."""

    __slots__ = ("paths", "names", "reason", "_origin", "_keys", "_targets")

    def __init__(
        self, paths: Sequence[Glob], names: Sequence[str], reason: str | None, origin: Origin, keys: Keys
    ) -> None:
        self.paths = list(paths)
        self.names = list(names)
        self.reason = reason
        self._origin = origin
        self._keys = keys
        self._targets: list[Asked] = []

    def bind(self, custom: Mapping[str, Asked]) -> None:
        """Find the targets. custom: those that the configuration defines. Raises ConfigError."""
        from pytest_trt.serving.target import TargetError, parse

        try:
            self._targets = [parse(name, custom) for name in self.names]
        except TargetError as error:
            raise self._origin.error((*self._keys, "target"), str(error)) from None

    def fits(self, path: str) -> bool:
        return any(glob.fits(path) for glob in self.paths)

    def targets(self) -> list[Asked]:
        """Known after bind()."""
        return self._targets

    def why(self) -> tuple[Location, str]:
        """Where the configuration says so, and its words."""
        at = Location(self._origin.path().replace(os.sep, "/"), (("line", str(self._origin.place(self._keys)[0])),))
        fits = ", ".join(glob.text for glob in self.paths)
        return at, f"the configuration sends {fits} there" + (f": {self.reason}" if self.reason else "")


def read(origin: Origin, keys: Keys, value: object) -> list[Route]:
    """The destinations of a file. Raises ConfigError."""
    if not isinstance(value, list):
        raise origin.error(keys, f"must be an array of tables, each under [[{origin.key(keys)}]]")
    return [_read(origin, (*keys, place), one) for place, one in enumerate(value)]


def _read(origin: Origin, keys: Keys, value: object) -> Route:
    entry = table_of(origin, keys, value, f"[[{origin.key(keys)}]]")
    known(origin, keys, entry, ROUTE_KEYS)
    found = {}
    for key, cure in (
        ("path", 'must be a pattern for paths or a list of such, as in "models/**"'),
        ("target", 'must name targets, as in ["tensorflow/serving:2.17.1-gpu"]'),
    ):
        words = entry.get(key)
        words = [words] if isinstance(words, str) else words
        if not words:
            raise origin.error((*keys, key) if key in entry else keys, f"{key} {cure}" if key not in entry else cure)
        found[key] = texts_of(origin, (*keys, key), words, '["models/**"]')
    reason = entry.get("reason")
    if reason is not None:
        reason = text_of(origin, (*keys, "reason"), reason, "must say why, in words")
    return Route([Glob(text, origin.folder) for text in found["path"]], found["target"], reason, origin, keys)

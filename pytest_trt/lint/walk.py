"""What lies below the paths of a run: candidates for artifacts, files that may deploy them, and what is left out."""

from __future__ import annotations

from pytest_trt.artifacts.open import discover
from pytest_trt.deploy.names import kind_of_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_trt.artifacts.errors import ArtifactError
    from pytest_trt.artifacts.open import Found
    from pytest_trt.lint.config import Config
    from pytest_trt.lint.gitignore import Ignored

# Folders nobody means when they say "check this repository".
DEFAULT_EXCLUDES = (
    ".git .hg .svn .venv venv .env env .tox .nox .eggs node_modules __pycache__ .cache .mypy_cache .pytest_cache"
    " .ruff_cache .ipynb_checkpoints .terraform site-packages".split()
)


class Walk:
    """One walk, done when it is made.

    paths: as the user named them. found: candidates, in a stable order. files: those that may deploy something, by
    their names. failed: what could not be listed. excluded: whether a path below is left out, by patterns or by git;
    ignored: what git ignores, None where that is not asked.
    """

    __slots__ = ("paths", "found", "files", "failed", "excluded", "ignored")

    def __init__(
        self,
        paths: Sequence[str],
        config: Config | None = None,
        exclude: Sequence[str] = (),
        extend_exclude: Sequence[str] = (),
        respect_gitignore: bool | None = None,
    ) -> None:
        """respect_gitignore: None takes what the configuration says, else True."""
        self.paths = paths
        self.files: list[str] = []
        self.failed: list[ArtifactError] = []
        self.ignored: Ignored | None = None
        self.excluded = excluded = excluder(exclude, extend_exclude, config, paths)
        if respect_gitignore is None:
            respect_gitignore = config is None or config.respect_gitignore is not False
        if respect_gitignore:
            from pytest_trt.lint.gitignore import Ignored

            ignored = self.ignored = Ignored()
            self.excluded = lambda path: excluded(path) or ignored(path)
        named = frozenset(paths)

        def passed(path: str, name: str) -> None:
            if kind_of_name(name) is not None and (path in named or not self.excluded(path)):
                self.files.append(path)

        self.found: list[Found] = list(discover(paths, self.excluded, self.failed.append, passed))


def excluder(
    exclude: Sequence[str],
    extend_exclude: Sequence[str] = (),
    config: Config | None = None,
    named: Sequence[str] = (),
) -> Callable[[str], bool]:
    """Whether a path below a named folder is left out: DEFAULT_EXCLUDES by name, patterns as Glob has it.

    named: paths that somebody named; a pattern that fits one of these leaves out nothing of it.
    """
    names = frozenset(DEFAULT_EXCLUDES)
    globs = []
    if config is not None:
        globs = config.extend_exclude + ([] if exclude else config.exclude)
    patterns = [pattern for pattern in (*exclude, *extend_exclude) if pattern]
    if patterns:
        from pytest_trt.lint.globs import Glob

        globs = globs + [Glob(pattern) for pattern in patterns]
    if not globs:
        return lambda path: path.replace("\\", "/").rpartition("/")[2] in names

    from os.path import abspath

    from pytest_trt.lint.globs import inside

    spared = [(glob, [abspath(path) for path in named if glob.fits(path)]) for glob in globs]

    def excluded(path: str) -> bool:
        if path.replace("\\", "/").rpartition("/")[2] in names:
            return True
        return any(glob.fits(path) and not any(inside(abspath(path), one) for one in known) for glob, known in spared)

    return excluded

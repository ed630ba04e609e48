"""A stage of a Dockerfile, and the variables that its instructions see."""

from __future__ import annotations

from pytest_trt.artifacts.location import Location
from pytest_trt.deploy.edge import Said
from pytest_trt.deploy.images import STOCK, kind
from pytest_trt.deploy.reading import Container, Mount
from pytest_trt.deploy.scope import TOO_LONG, TOTAL_LIMIT, shape

# `ARG NAME`: `${NAME:-other}` is the other one then.
NO_DEFAULT = "has no default"


class Stage:
    """A stage while it is read. base: the image below it, through earlier stages."""

    __slots__ = ("name", "at", "base", "env", "args", "mounts", "folders", "workdir", "entrypoint", "cmd", "own_cmd",
                 "shell", "why")  # fmt: skip

    def __init__(self, name: str | None, at: Location, base: Said) -> None:
        self.name = name
        self.at = at
        self.base = base
        self.env: dict[str, Said] = {}
        self.args: dict[str, Said] = {}
        self.mounts: list[Mount] = []
        self.folders: set[str] = {"/"}
        self.workdir: Said | None = None
        self.entrypoint: list[Said] | None = None
        self.cmd: list[Said] | None = None
        self.own_cmd = False
        self.shell = ["/bin/sh", "-c"]
        self.why = ""

    def over(self, below: Stage) -> None:
        """Starts from an earlier stage."""
        self.env = dict(below.env)
        self.mounts = list(below.mounts)
        self.folders = set(below.folders)
        self.workdir, self.entrypoint, self.cmd, self.shell = below.workdir, below.entrypoint, below.cmd, below.shell

    def container(self) -> Container:
        args = self.cmd
        return Container(
            self.base, self.at, entrypoint=self.entrypoint, args=args, env=self.env, mounts=self.mounts,
            workdir=self.workdir, why=self.why,
        )  # fmt: skip

    def folder(self) -> str | None:
        """The working folder, None where it is not known."""
        return self.workdir.text if self.workdir is not None else None


class Budget:
    """What the lookups of one Dockerfile cost together."""

    __slots__ = ("spent",)

    def __init__(self) -> None:
        self.spent = 0

    def of(self, found: Said | None) -> Said | None:
        if found is None:
            return None
        self.spent += 32 + len(shape(found))
        return found if self.spent < TOTAL_LIMIT else Said(None, found.at, TOO_LONG)


class Arguments:
    """The arguments before the first FROM."""

    __slots__ = ("_own", "_budget")

    def __init__(self, own: dict[str, Said], budget: Budget) -> None:
        self._own = own
        self._budget = budget

    def get(self, name: str, /) -> Said | list[Said] | None:
        found = self._budget.of(self._own.get(name))
        # PWD is no folder of the host here.
        return Said(None, Location(""), "PWD is not set in the file") if found is None and name == "PWD" else found

    def __contains__(self, name: object, /) -> bool:
        found = self._own.get(name) if isinstance(name, str) else None
        return found is not None and not found.why.endswith(NO_DEFAULT)


class StageScope(Arguments):
    """ENV counts before ARG; what the base sets is known for TensorFlow Serving's own images."""

    __slots__ = ("_stage",)

    def __init__(self, stage: Stage, budget: Budget) -> None:
        super().__init__(stage.env, budget)
        self._stage = stage

    def get(self, name: str, /) -> Said | list[Said] | None:
        if name in self._stage.env:
            return super().get(name)
        found = self._stage.args.get(name)
        if found is None and name in _STOCK and is_serving(self._stage.base):
            found = Said(_STOCK[name], self._stage.base.at)
        return self._budget.of(found) if found is not None else super().get(name)

    def __contains__(self, name: object, /) -> bool:
        found = self.get(name) if isinstance(name, str) and name != "PWD" else None
        return isinstance(found, Said) and not found.why.endswith(NO_DEFAULT)


_STOCK = {"MODEL_NAME": "model", "MODEL_BASE_PATH": "/models"}


def is_serving(base: Said) -> bool:
    """Whether it is an image with the variables and folders of tensorflow/serving."""
    return base.text is not None and kind(base.text) == STOCK

"""What every reference offers, and the pairing of names that all share."""

from __future__ import annotations

import importlib
import importlib.util
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from pytest_trt.equivalence.errors import ReferenceUnavailable
from pytest_trt.equivalence.references.pairing import Array, Port, feed_for, outputs_for

# path -> SHA-256 and size of the file.
Digest = Callable[[str], tuple[str, int]]


class Reference:
    """What an engine is compared with.

    kind: tensorflow-saved-model, keras, onnx, callable, arrays or golden. why_no_digest: a sentence, once digest() has
    returned None. inputs, outputs: engine name -> reference name, where the user had to say which is which.
    """

    kind = ""

    def __init__(self, inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> None:
        self.why_no_digest: str | None = None
        self._inputs = inputs
        self._outputs = outputs

    def describe(self) -> str:
        """The reference in a few words, for a report."""
        raise NotImplementedError

    def digest(self) -> str | None:
        """SHA-256 of what it computes from: a model's content, or arrays. None: see why_no_digest."""
        raise NotImplementedError

    def run(
        self,
        feed: Mapping[str, Array],
        outputs: Sequence[str],
        shapes: Mapping[str, tuple[int, ...]] | None = None,
    ) -> dict[str, Array]:
        """What it computes from the engine's inputs, under the names of the engine's outputs.

        shapes: of the engine's outputs, where known; they tell outputs of other names apart. Raises ReferenceFailed,
        ReferenceUnavailable, NamesDiffer.
        """
        ports = self.ports()
        arrays = {name: np.asarray(array) for name, array in feed.items()}
        own = arrays if ports is None else feed_for(self.describe(), ports, arrays, self._inputs)
        results, ordered = self.compute(own)
        return outputs_for(self.describe(), results, list(outputs), shapes, self._outputs, ordered)

    def ports(self) -> Sequence[Port] | None:
        """The inputs that it declares; None: it takes the engine's, as they are."""
        return None

    def compute(self, feed: dict[str, Array]) -> tuple[dict[str, Array], bool]:
        """Its results by its own names, and whether these only number a sequence."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the loaded model; a later run loads it again."""


def need(module: str, what: str, extra: str) -> Any:
    """Import a package that runs references. Raises ReferenceUnavailable that names the extra to install.

    A folder of that name without an __init__.py, which Python would import as well, is not the package. Warnings of
    the package's own import are nothing that a test of the user's can mend.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ReferenceUnavailable(
            f"{what} needs {module}, which is not installed", f"pip install 'pytest-trt[{extra}]'"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(module)
        except ImportError as error:
            raise ReferenceUnavailable(
                f"{what} needs {module}, which cannot be imported: {error}", f"pip install 'pytest-trt[{extra}]'"
            ) from error


def first_line(error: BaseException) -> str:
    """A foreign error in one line: its type and how its text begins, escaped where it does not print."""
    text = " ".join(str(error).split())[:600]
    return f"{type(error).__name__}: {''.join(one if one.isprintable() else ascii(one)[1:-1] for one in text)}"

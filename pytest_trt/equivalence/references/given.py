"""References that are given as they are: a function, or the arrays that it would return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pytest_trt.equivalence.arrays import Array, as_array
from pytest_trt.equivalence.errors import NotAReference, ReferenceFailed
from pytest_trt.equivalence.inputs import digest_of
from pytest_trt.equivalence.references.base import Reference


class CallableReference(Reference):
    """A function of the engine's inputs, as a dict of arrays that it may write to.

    It returns a mapping by names, one array, or a tuple or list in the order of the engine's outputs. Its own
    exceptions pass through, so that their traceback leads into it.
    """

    kind = "callable"

    def __init__(self, function: Callable[[dict[str, Array]], Any], **names: Any) -> None:
        super().__init__(**names)
        self._function = function

    def describe(self) -> str:
        code = getattr(self._function, "__code__", None)
        name = getattr(self._function, "__qualname__", None) or type(self._function).__qualname__
        return f"the function {name}" + (f" ({code.co_filename!r}, line {code.co_firstlineno})" if code else "")

    def digest(self) -> None:
        self.why_no_digest = "a function has no content that could be hashed: it may call anything"
        return None

    def compute(self, feed: dict[str, Array]) -> tuple[dict[str, Array], bool]:
        result = self._function({name: array.copy() for name, array in feed.items()})
        ordered = not isinstance(result, Mapping)
        if isinstance(result, (list, tuple)):
            result = {f"element {number}": value for number, value in enumerate(result)}
        elif not isinstance(result, Mapping):
            result = {"its result": result}
        arrays = {}
        for name, value in result.items():
            try:
                arrays[str(name)] = as_array(value)
            except (TypeError, ValueError) as error:
                raise ReferenceFailed(
                    f"{self.describe()} returned no array of numbers as {str(name)!r}: {error}",
                    'return {"output name": array}, one array, or a tuple in the order of the engine\'s outputs',
                ) from None
        return arrays, ordered


class ArraysReference(Reference):
    """Arrays by the names of outputs, whatever the inputs are."""

    kind = "arrays"

    def __init__(self, arrays: Mapping[Any, Any], **names: Any) -> None:
        super().__init__(**names)
        self._arrays: dict[str, Array] = {}
        for name, value in arrays.items():
            try:
                self._arrays[str(name)] = as_array(value)
            except (TypeError, ValueError) as error:
                raise NotAReference(
                    f"the reference's {str(name)!r} is no array of numbers: {error}", 'give {"output name": array}'
                ) from None

    def describe(self) -> str:
        return f"the given arrays ({', '.join(repr(name) for name in self._arrays)})"

    def digest(self) -> str:
        return digest_of(self._arrays)

    def compute(self, feed: dict[str, Array]) -> tuple[dict[str, Array], bool]:
        return dict(self._arrays), False

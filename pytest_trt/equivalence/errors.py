"""What can go wrong before an engine and its reference can be compared: one class each."""

from __future__ import annotations

from pytest_trt.errors import TrtError


class BadCall(TrtError):
    """A check is called with what it does not take: no engine, inputs without names, an option that is none."""


class BadTolerance(TrtError):
    """A tolerance is no tolerance: a negative number, an unknown precision, an unknown field."""


class UnknownOutput(TrtError):
    """Something names an output that the engine does not have."""


class ReferenceNotFinite(TrtError):
    """The reference itself holds NaN, so nothing can be compared with it."""


class UnsupportedOutput(TrtError):
    """The array's dtype is none that TensorRT has: complex numbers, text, objects."""


class UnknownInput(TrtError):
    """A range is given for an input that the engine does not have."""


class BadRange(TrtError):
    """A range cannot be drawn from: empty, not finite, outside of the input's dtype, of another shape or dtype."""


class BadProfile(TrtError):
    """The declared inputs do not say how large an input is at the point that is asked for."""


class NotAReference(TrtError):
    """What was given as a reference is none: a plan, a folder without a model, an object that cannot be called."""


class ReferenceUnavailable(TrtError):
    """A package that would run the reference is not installed."""


class ReferenceFailed(TrtError):
    """The reference could not be loaded, refused its inputs, or failed while it ran."""


class NamesDiffer(TrtError):
    """Inputs or outputs of the engine and of its reference cannot be told to be the same."""


class GoldenMissing(TrtError):
    """There was no golden file. It has been written, and the test fails so that somebody looks at it."""


class GoldenDiffers(TrtError):
    """The golden file is for other inputs or outputs than those that are asked for."""


class GoldenUnreadable(TrtError):
    """A file is no golden file, or a damaged one."""


class GoldenNotWritten(TrtError):
    """The golden file cannot be written."""

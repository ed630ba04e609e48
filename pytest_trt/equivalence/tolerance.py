"""How far an engine may be from its reference: one frozen record an output, with defaults by precision."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from pytest_trt.equivalence.errors import BadTolerance, UnknownOutput, UnsupportedOutput
from pytest_trt.equivalence.verdict import kind


def _number(name: str, value: object) -> float:
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        number = float(value)
        if math.isfinite(number):
            return number
    raise BadTolerance(f"{name}={value!r}", "give a finite number")


@dataclasses.dataclass(frozen=True)
class Tolerance:
    """What one output may differ by.

    An element t is within tolerance of its reference r where |t - r| <= atol * S + rtol * |r|; S is the RMS of the
    finite values of that output's reference, at least verdict.SCALE_FLOOR. With rtol and atol 0 it must be equal.
    bad_fraction: share of the elements that may be out. cosine: the least cosine similarity. snr: the least signal
    to noise ratio in dB. equal_nan: NaN equals NaN at the same place; otherwise any NaN fails.
    Raises BadTolerance.
    """

    rtol: float
    atol: float
    bad_fraction: float = 0.0
    cosine: float | None = None
    snr: float | None = None
    equal_nan: bool = False

    def __post_init__(self) -> None:
        for name, most in (("rtol", math.inf), ("atol", math.inf), ("bad_fraction", 1.0)):
            value = _number(name, getattr(self, name))
            if not 0 <= value < most:
                raise BadTolerance(f"{name}={value!r}", f"give a number from 0 up to, but not including, {most:g}")
            object.__setattr__(self, name, value)
        if self.cosine is not None:
            object.__setattr__(self, "cosine", _number("cosine", self.cosine))
            if not -1 <= self.cosine <= 1:
                raise BadTolerance(f"cosine={self.cosine!r}", "give a number from -1 to 1, or None")
        if self.snr is not None:
            object.__setattr__(self, "snr", _number("snr", self.snr))
        if not isinstance(self.equal_nan, bool):
            raise BadTolerance(f"equal_nan={self.equal_nan!r}", "give True or False")

    @property
    def exact(self) -> bool:
        """Only equal elements are within tolerance."""
        return self.rtol == 0 and self.atol == 0

    def as_dict(self) -> dict[str, float | bool | None]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, object]) -> Tolerance:
        """The inverse of as_dict. Raises BadTolerance for a field that is missing, unknown or no number."""
        names = [field.name for field in dataclasses.fields(cls)]
        for name in names:
            if name not in stored:
                raise BadTolerance(f"a stored tolerance lacks {name!r}", "it holds " + ", ".join(names))
        for name in stored:
            if name not in names:
                raise BadTolerance(f"a stored tolerance holds {name!r}", "it holds " + ", ".join(names))
        return cls(**{name: stored[name] for name in names})  # type: ignore[arg-type]

    def __str__(self) -> str:
        """As one would write it: defaults are left out."""
        words = [f"rtol={self.rtol!r}", f"atol={self.atol!r}"]
        for field in dataclasses.fields(self)[2:]:
            value = getattr(self, field.name)
            if value != field.default:
                words.append(f"{field.name}={value!r}")
        return f"Tolerance({', '.join(words)})"


EXACT = Tolerance(rtol=0.0, atol=0.0)

# The lowest precision that an engine uses, not the dtype of its output -> what its outputs may differ by from a
# reference in FP32 or FP64, from strict to loose. fp32, tf32, fp16 and int8 were fitted on an H100 with TensorRT 8.6.0
# (tests/gpu/calibrate.py, docs/equivalence.md); the worst that was seen is told as a share of the reference's RMS.
DEFAULTS: dict[str, Tolerance] = {
    # TF32 off. 7e-6 and 131 dB (a convolution net, a byte classifier): sums of some thousand terms in another order.
    "fp32": Tolerance(rtol=1e-4, atol=1e-5, cosine=0.99999, snr=80.0),
    # What TensorRT means by FP32 unless BuilderFlag.TF32 is cleared. Epsilon 2**-11. 5.1e-3 and 52 dB (a convolution
    # net), 9.4e-3 and 45 dB (an LSTM).
    "tf32": Tolerance(rtol=1e-2, atol=1e-2, cosine=0.9999, snr=40.0),
    # Epsilon 2**-11 as well, subnormal below 6e-5. 6.6e-3 and 72 dB (a byte classifier), 5.1e-3 and 52 dB.
    "fp16": Tolerance(rtol=1e-2, atol=1e-2, bad_fraction=1e-4, cosine=0.999, snr=36.0),
    # Epsilon 2**-8; not run. Transformer Engine allows 1.6e-2 and ONNX Runtime 2e-2 for one operator.
    "bf16": Tolerance(rtol=4e-2, atol=2e-2, bad_fraction=1e-4, cosine=0.997),
    # e4m3 has an epsilon of 2**-4, INT8 127 steps to the largest value; noise of a tenth of the signal is 20 dB. INT8,
    # calibrated with 16 samples: 2.9e-2 and 39 dB.
    "fp8": Tolerance(rtol=1.5e-1, atol=5e-2, bad_fraction=1e-2, cosine=0.99, snr=20.0),
    "int8": Tolerance(rtol=1.5e-1, atol=5e-2, bad_fraction=1e-2, cosine=0.99, snr=20.0),
    # 15 steps in all. 12 dB is noise of a quarter of the signal, and atol four of its standard deviations: a metric
    # of the task says more.
    "int4": Tolerance(rtol=5e-1, atol=1.0, bad_fraction=1e-2, cosine=0.97, snr=12.0),
    "fp4": Tolerance(rtol=5e-1, atol=1.0, bad_fraction=1e-2, cosine=0.97, snr=12.0),
}
# Rounding an output to its own dtype costs as much as computing in it.
_OUTPUT_PRECISIONS = (("float16", "fp16"), ("bfloat16", "bf16"), ("float8", "fp8"), ("float4", "fp4"))


def tolerance_for(precision: str, dtype: npt.DTypeLike) -> Tolerance:
    """The default for an output of this dtype of an engine of this precision; exact for integers and bools.

    Raises BadTolerance for an unknown precision, UnsupportedOutput for a dtype that no output can have.
    """
    if precision not in DEFAULTS:
        raise BadTolerance(f"there is no precision {precision!r}", _alternatives(precision, list(DEFAULTS)))
    name = np.dtype(dtype).name
    found = kind(name)
    if found is None:
        raise UnsupportedOutput(f"an output of dtype {name}", "compare floats, integers and bools")
    if found != "float":
        return EXACT
    order = list(DEFAULTS)
    own = next((own for prefix, own in _OUTPUT_PRECISIONS if name.startswith(prefix)), precision)
    return DEFAULTS[max(precision, own, key=order.index)]


def resolve(user: object, outputs: Mapping[str, npt.DTypeLike], precision: str) -> dict[str, Tolerance]:
    """Output name -> tolerance, for every output.

    user: None; a Tolerance; a float, which replaces rtol; a precision's name; a mapping of output names to any of
    these. What is given for all outputs leaves integers and bools exact; what is given for a named one holds for it.
    Raises BadTolerance and UnknownOutput.
    """
    defaults = {name: tolerance_for(precision, dtype) for name, dtype in outputs.items()}
    if not isinstance(user, Mapping):
        return {
            name: default if kind(np.dtype(outputs[name]).name) != "float" else _one(user, default, outputs[name])
            for name, default in defaults.items()
        }
    for name in user:
        if name not in outputs:
            raise UnknownOutput(
                f"a tolerance is given for {name!r}, which is no output of the engine",
                _alternatives(str(name), list(outputs)),
            )
    return {
        name: _one(user[name], default, outputs[name]) if name in user else default
        for name, default in defaults.items()
    }


def _one(user: object, default: Tolerance, dtype: npt.DTypeLike) -> Tolerance:
    if user is None:
        return default
    if isinstance(user, Tolerance):
        return user
    if isinstance(user, str):
        return tolerance_for(user, dtype)
    if isinstance(user, (int, float, np.integer, np.floating)) and not isinstance(user, bool):
        return dataclasses.replace(default, rtol=_number("rtol", user))
    raise BadTolerance(
        f"{user!r} is no tolerance", "give a Tolerance, a number (rtol), a precision's name or a mapping of outputs"
    )


def _alternatives(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, 1)
    there = "one of " + ", ".join(map(repr, known)) if known else "nothing: there are none"
    return f"did you mean {near[0]!r}? It is {there}" if near else f"name {there}"

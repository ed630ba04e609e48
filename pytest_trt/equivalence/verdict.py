"""Passed or not, from what was measured and what was allowed. Standard library only.

The deployment gate computes it again from a stored record, so nothing here trusts the record: what is missing, NaN or
of another type is a failure that says so.
"""

from __future__ import annotations

import math
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# Below this RMS a reference counts as zero: atol is a share of at least this much, and the direction of what is
# left (cosine, SNR) is rounding noise that nobody holds an engine to. FP16's atol times it is one float16 subnormal.
SCALE_FLOOR = 2.0**-16
# No count of elements, and too large for arithmetic with floats some way on.
_HUGE = 1 << 63
_DTYPE = re.compile(r"(?:(u?int)|b?float)[0-9]+(?:_e[0-9]+m[0-9]+[a-z0-9]*)?", re.ASCII)
_LAYOUT = re.compile(r"[a-z(), 0-9.]{1,200}", re.ASCII)


def kind(dtype: str) -> str | None:
    """float, integer or bool, from a dtype's name ("bfloat16", "uint8"); None for anything else."""
    if dtype == "bool":
        return "bool"
    found = _DTYPE.fullmatch(dtype)
    return None if found is None else "integer" if found[1] else "float"


def failures(metrics: Mapping[str, object], tolerance: Mapping[str, object]) -> list[str]:
    """Why this output does not pass, most telling first; empty where it passes.

    metrics: Metrics.as_dict(). tolerance: Tolerance.as_dict(), the one that the metrics were measured with.
    """
    unlike = _unlike(metrics)
    if unlike:
        return unlike
    missing = _missing(metrics, tolerance)
    if missing:
        return missing
    return [*_non_finite(metrics, tolerance), *_elements(metrics, tolerance), *_floors(metrics, tolerance)]


def _unlike(metrics: Mapping[str, object]) -> list[str]:
    """Shapes or kinds of dtype that differ: then nothing else was measured."""
    shapes = [_shape(metrics.get(key)) for key in ("shape", "reference_shape")]
    for key, shape in zip(("shape", "reference_shape"), shapes):
        if shape is None:
            return [f"the record holds no {key}"]
    dtypes = [metrics.get(key) for key in ("dtype", "reference_dtype")]
    kinds = [kind(dtype) if isinstance(dtype, str) else None for dtype in dtypes]
    for key, dtype, found in zip(("dtype", "reference_dtype"), dtypes, kinds):
        if found is None:
            return [f"the record holds no {key}" if dtype is None else f"{dtype!r} is no {key} of an output"]
    why = []
    if shapes[0] != shapes[1]:
        why.append(f"shape {shapes[0]}, the reference has {shapes[1]}")
        layout = metrics.get("layout")
        if isinstance(layout, str) and _LAYOUT.fullmatch(layout):
            why[0] += f"; {layout} matches it"
    if kinds[0] != kinds[1]:
        why.append(f"dtype {dtypes[0]}, the reference has {dtypes[1]}")
    return why


def _missing(metrics: Mapping[str, object], tolerance: Mapping[str, object]) -> list[str]:
    """What the record lacks, holds as something else than a number, or holds against its own sense."""
    why = []
    for key in ("size", "out", "mask_mismatches", "nan", "nan_reference", "inf", "inf_reference"):
        if _count(metrics.get(key)) is None:
            why.append(f"the record holds no count {key!r}")
    for key in ("rms", "max_abs", "rtol", "atol"):
        if not _least(metrics.get(key), 0):
            why.append(f"the record holds no number {key!r}")
    for key in ("rtol", "atol", "bad_fraction"):
        if not _least(tolerance.get(key), 0):
            why.append(f"the tolerance holds no number {key!r}")
    for key in ("cosine", "snr"):
        if key not in tolerance or tolerance[key] is not None and _number(tolerance[key]) is None:
            why.append(f"the tolerance holds no {key!r}, neither a number nor null")
    if not isinstance(tolerance.get("equal_nan"), bool):
        why.append("the tolerance holds no 'equal_nan'")
    if why:
        return why
    shape = _shape(metrics["shape"])
    if shape is not None and math.prod(shape) != metrics["size"]:
        why.append(f"the record contradicts itself: shape {shape}, size {metrics['size']}")
    for key in ("out", "mask_mismatches", "nan", "nan_reference", "inf", "inf_reference"):
        if (_count(metrics[key]) or 0) > (_count(metrics["size"]) or 0):
            why.append(f"the record contradicts itself: {key} {metrics[key]}, size {metrics['size']}")
    if (_number(tolerance["bad_fraction"]) or 0.0) >= 1:
        why.append(f"the tolerance allows all elements to be out: bad_fraction {tolerance['bad_fraction']}")
    for key in ("rtol", "atol"):
        if metrics[key] != tolerance[key]:
            why.append(f"measured with {key} {metrics[key]}, not with {tolerance[key]}")
    return why


def _non_finite(metrics: Mapping[str, object], tolerance: Mapping[str, object]) -> list[str]:
    why = []
    differ = _count(metrics["mask_mismatches"]) or 0
    if differ:
        why.append(
            f"NaN or Inf on one side only, or Inf of another sign, in {_elements_of(differ, metrics)}:"
            " no tolerance allows it"
        )
    if not tolerance["equal_nan"]:
        for key, side in (("nan", "the engine"), ("nan_reference", "the reference")):
            count = _count(metrics[key]) or 0
            if count and not (key == "nan" and differ):
                why.append(f"{side} gives NaN in {_elements_of(count, metrics)}")
    return why


def _elements(metrics: Mapping[str, object], tolerance: Mapping[str, object]) -> list[str]:
    out, size = _count(metrics["out"]) or 0, _count(metrics["size"]) or 0
    most = math.floor((_number(tolerance["bad_fraction"]) or 0.0) * size)
    if out <= most or out == metrics["mask_mismatches"]:
        return []
    return [f"{_elements_of(out, metrics)} out of tolerance, {most:,} allowed"]


def _floors(metrics: Mapping[str, object], tolerance: Mapping[str, object]) -> list[str]:
    """The floors under cosine and SNR; where the reference counts as zero only the elements count."""
    if metrics["size"] == 0 or (_number(metrics["rms"]) or 0.0) < SCALE_FLOOR:
        return []
    why = []
    floor = _number(tolerance["cosine"])
    cosine = _number(metrics.get("cosine"))
    if floor is not None and cosine is None:
        why.append(f"cosine is not known, at least {floor:g} is asked for")
    elif floor is not None and cosine is not None and not floor <= cosine <= 1:
        why.append(f"cosine {cosine:.7g} is below {floor:g}")
    floor = _number(tolerance["snr"])
    snr = _number(metrics.get("snr_db"))
    if floor is not None and snr is None and metrics["max_abs"] != 0:
        why.append(f"SNR is not known, at least {floor:g} dB is asked for")
    elif floor is not None and snr is not None and snr < floor:
        why.append(f"SNR {snr:.4g} dB is below {floor:g} dB")
    return why


def _elements_of(count: int, metrics: Mapping[str, object]) -> str:
    size = _count(metrics["size"]) or 0
    return f"{count:,} of {size:,} elements ({percent(count, size)})"


def percent(count: int, size: int) -> str:
    """A share as text; never 0 % for something nor 100 % for less than all."""
    share = 100 * count / size if size else 0.0
    if 0 < share < 0.0001:
        return "<0.0001 %"
    if 99.99 < share < 100:
        return ">99.99 %"
    return f"{share:.3g} %" if share < 99 else f"{share:.4g} %"


def _shape(value: object) -> tuple[int, ...] | None:
    if not isinstance(value, (list, tuple)) or not all(_count(extent) is not None for extent in value):
        return None
    return tuple(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):
        return value if abs(value) < _HUGE else None
    return value if math.isfinite(value) else None


def _least(value: object, floor: float) -> bool:
    number = _number(value)
    return number is not None and number >= floor


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _HUGE else None

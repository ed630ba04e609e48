"""The smallest tolerance that an output would pass with, as one would write it."""

from __future__ import annotations

import dataclasses
import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from pytest_trt.equivalence.measure import Metrics
from pytest_trt.equivalence.tolerance import Tolerance
from pytest_trt.equivalence.verdict import SCALE_FLOOR, failures, kind

# Numbers are rounded to two digits away from what fails; before that, by more than the rounding of float64.
_ROOM = 1e-9


def minimum(metrics: Metrics, tolerance: Tolerance) -> Tolerance | None:
    """The tolerance with which these two arrays pass and, with a tenth less of what was raised, do not.

    Only what fails is changed. rtol and atol grow by one factor; exact floats get an atol, exact integers and bools
    a bad_fraction, or integers an atol where all of them are out. None where no tolerance helps: other shapes or
    dtypes, NaN or Inf on one side.
    """
    why = failures(metrics.as_dict(), tolerance.as_dict())
    if not why:
        return tolerance
    if metrics.needed is None and metrics.out is None or metrics.max_abs is None or metrics.mask_mismatches:
        return None
    changed: dict[str, float] = {}
    most = math.floor(tolerance.bad_fraction * metrics.size)
    if metrics.out is not None and metrics.out > most:
        if tolerance.exact and kind(metrics.dtype) != "float":
            share = _rounded(metrics.out / metrics.size, ROUND_CEILING)
            if math.floor(share * metrics.size) < metrics.out:
                share = _up(share)
            if share < 1:
                changed["bad_fraction"] = share
            elif metrics.needed is None or not metrics.rms or kind(metrics.dtype) == "bool":
                return None
            else:
                changed["atol"] = _up(metrics.needed / metrics.scale_of_errors)
        elif tolerance.exact or metrics.needed is None:
            # With an atol of 0 no factor reaches an error where the reference is 0.
            error = metrics.needed if tolerance.exact and metrics.needed is not None else metrics.max_abs
            changed["atol"] = _up(error / metrics.scale_of_errors)
        else:
            changed["rtol"] = _up(tolerance.rtol * metrics.needed)
            changed["atol"] = _up(tolerance.atol * metrics.needed)
    if (metrics.rms or 0.0) >= SCALE_FLOOR:
        if tolerance.cosine is not None and metrics.cosine is not None and metrics.cosine < tolerance.cosine:
            changed["cosine"] = max(-1.0, float(1 - Decimal(repr(_up(1 - metrics.cosine)))))
        if tolerance.snr is not None and metrics.snr_db is not None and metrics.snr_db < tolerance.snr:
            changed["snr"] = _down(metrics.snr_db)
    if not all(math.isfinite(value) for value in changed.values()):
        return None
    found = dataclasses.replace(tolerance, **changed)  # type: ignore[arg-type]
    remeasured = dataclasses.replace(
        metrics, rtol=found.rtol, atol=found.atol, out=most if "rtol" in changed or "atol" in changed else metrics.out
    )
    return None if failures(remeasured.as_dict(), found.as_dict()) else found


def minimum_tolerance(name: str, metrics: Metrics, tolerance: Tolerance) -> str | None:
    """`tolerance={"y": Tolerance(rtol=0.0034, atol=0.0017)}`, to be pasted into the check; None where none helps."""
    found = minimum(metrics, tolerance)
    return None if found is None else f"tolerance={{{quoted(name)}: {found}}}"


def quoted(name: str) -> str:
    """A name as a Python literal of printable characters."""
    return f'"{name}"' if name.isprintable() and '"' not in name and "\\" not in name else ascii(name)


def _up(value: float) -> float:
    return _rounded(value * (1 + _ROOM), ROUND_CEILING)


def _down(value: float) -> float:
    return _rounded(value - abs(value) * _ROOM, ROUND_FLOOR)


def _rounded(value: float, rounding: str) -> float:
    """To two digits."""
    if not value or not math.isfinite(value):
        return value
    exact = Decimal(value)
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 1), rounding=rounding))

"""All that is measured of two arrays of one shape, in two passes over blocks that stay in the processor's cache.

Whatever the dtypes, blocks are compared in float64. Where a block holds NaN or Inf, or sums overflow, it is measured
again with its finite pairs only, so that arrays without any pay nothing for them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pytest_trt.equivalence.select import Largest
from pytest_trt.equivalence.tolerance import Tolerance
from pytest_trt.equivalence.verdict import SCALE_FLOOR

Array = npt.NDArray[np.generic]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BLOCK = 1 << 14
# OpenBLAS starts threads for vectors of more than 10,000: twice the processor time, and none of it gained.
_DOT = 1 << 13
# Blocks that tell about where the 99th percentile lies.
_SAMPLE = 32
# Squares of values beyond these overflow or vanish in float64.
_LARGEST, _SMALLEST = 1e140, 1e-140


class Blocks:
    """An array of any layout and dtype, as float64 blocks in C order."""

    def __init__(self, array: Array) -> None:
        self._flat = array.reshape(-1) if array.flags.c_contiguous else None
        self._array = array
        self.size = array.size
        self.count = -(-array.size // BLOCK)

    def raw(self, block: int) -> Array:
        start, stop = block * BLOCK, min((block + 1) * BLOCK, self.size)
        source: Array = self._array.flat[start:stop] if self._flat is None else self._flat[start:stop]
        return source

    def read(self, block: int, into: Floats) -> Floats:
        """The block in the first places of `into`."""
        raw = self.raw(block)
        values = into[: raw.size]
        np.copyto(values, raw, casting="unsafe")
        return values

    def spread(self) -> Iterator[int]:
        """Every block once, neighbours far apart: an error that grows along the array is seen early at its largest."""
        step = max(1, round(self.count * 0.618))
        while math.gcd(step, self.count) != 1:
            step += 1
        return (place * step % self.count for place in range(self.count))


class Scale:
    """The reference's size. square: sum of squares of its finite values / 4**shift. nan: flat index of its first."""

    def __init__(self, blocks: Blocks, wide: bool) -> None:
        self.shift = 0
        self.finite = 0
        self.nan: int | None = None
        self.square, peak = self._sums(blocks, wide)
        if peak and not _SMALLEST < peak < _LARGEST:
            # The lower bound keeps SCALE_FLOOR within float64.
            self.shift = max(math.frexp(peak)[1], -900)
            self.square, _ = self._sums(blocks, wide)
        self.rms = math.ldexp(math.sqrt(self.square / self.finite), self.shift) if self.finite else 0.0

    def _sums(self, blocks: Blocks, wide: bool) -> tuple[float, float]:
        """Sum of squares, and the largest magnitude where wide (float64 itself, whose squares may overflow)."""
        buffer = np.empty(min(BLOCK, blocks.size))
        total = peak = 0.0
        self.finite = 0
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            for block in range(blocks.count):
                values = blocks.read(block, buffer)
                if self.shift:
                    np.ldexp(values, -self.shift, out=values)
                square = _dot(values, values)
                if not math.isfinite(square):
                    if self.nan is None and np.isnan(values).any():
                        self.nan = block * BLOCK + int(np.argmax(np.isnan(values)))
                    values = values[np.isfinite(values)]
                    square = _dot(values, values)
                self.finite += values.size
                total += square
                if wide and values.size:
                    peak = max(peak, float(np.max(values)), -float(np.min(values)))
        return total, peak


class Sums:
    """What two arrays of one shape differ by.

    Flat indices are None where there is no such element. worst: where the error is the largest part of its bound
    (of an exact tolerance: the largest error), among pairs that are finite. needed: the factor on rtol and atol with
    which no more elements are out than bad_fraction allows, at least 1; of an exact tolerance: the largest error
    that has to be allowed. Sums are over finite pairs, in units of 2**scale.shift (squares: of its square).
    """

    def __init__(self, actual: Array, reference: Array, tolerance: Tolerance, scale: Scale) -> None:
        self.out = self.mismatches = self.finite = 0
        self.nan = self.nan_reference = self.inf = self.inf_reference = 0
        self.first_out: int | None = None
        self.first_mismatch: int | None = None
        self.worst: int | None = None
        self.worst_ratio = -1.0
        self.largest = self.largest_relative = self.total = self.signed = 0.0
        self.squares = self.cross = self.squares_error = self.squares_reference = 0.0
        self._rtol = tolerance.rtol
        self._atol = math.ldexp(tolerance.atol * max(scale.rms, SCALE_FLOOR), -scale.shift)
        self._exact = tolerance.exact
        self._shift = scale.shift
        self._equal_nan = tolerance.equal_nan
        # Integers that float64 cannot tell apart.
        self._long = all(array.dtype.kind in "iu" for array in (actual, reference)) and any(
            array.dtype.itemsize == 8 for array in (actual, reference)
        )
        self._ones, self._twos = Blocks(actual), Blocks(reference)
        size = actual.size
        most = min(BLOCK, size)
        self._spare = np.empty((2, most))
        self._errors = Largest(_from_top(size, 99), most, self._guess())
        self._allowed = math.floor(tolerance.bad_fraction * size)
        self._ratios = Largest(self._allowed + 1, most) if self._allowed else None
        buffers = np.empty((3, most))
        with np.errstate(all="ignore"):
            for block in self._ones.spread():
                one, two = self._ones.read(block, buffers[0]), self._twos.read(block, buffers[1])
                error = np.subtract(one, two, out=buffers[2][: one.size])
                squares = _dot(error, error)
                if math.isfinite(squares) and not self._shift:
                    self._add(block, one, two, error, squares, None)
                else:
                    self._add_finite(block, one, two)
        self.p99 = self._p99()
        self.needed = self._needed()

    def _error(self, block: int, buffers: Floats) -> Floats:
        """Magnitudes of a block's errors, of its finite pairs, in units of 2**shift."""
        one, two = self._ones.read(block, buffers[0]), self._twos.read(block, buffers[1])
        error = one - two
        finite = np.isfinite(error)
        if self._shift or not finite.all():
            both = np.isfinite(one) & np.isfinite(two)
            error = np.ldexp(one[both], -self._shift) - np.ldexp(two[both], -self._shift)
        return np.absolute(error, out=error)

    def _guess(self) -> float:
        """An error that about 1.5 % exceed, of a sample; -inf for arrays that need none."""
        if self._ones.count <= 2 * _SAMPLE:
            return -math.inf
        buffers = np.empty((2, BLOCK))
        with np.errstate(all="ignore"):
            blocks = itertools.islice(self._ones.spread(), _SAMPLE)
            sample = np.concatenate([self._error(block, buffers) for block in blocks])
        at = sample.size * 197 // 200
        return float(np.partition(sample, at)[at]) if sample.size else -math.inf

    def _p99(self) -> float:
        if not self.finite:
            return 0.0
        place = _from_top(self.finite, 99)
        found = self._errors.nth(place)
        if found is None:
            # The sample was none of the whole.
            self._errors = Largest(place, BLOCK)
            buffers = np.empty((2, min(BLOCK, self._ones.size)))
            with np.errstate(all="ignore"):
                for block in self._ones.spread():
                    error = self._error(block, buffers)
                    if self._long:
                        self._mark_unequal(block, error)
                    self._errors.add(error)
            found = self._errors.nth(place)
        assert found is not None
        return found

    def _add_finite(self, block: int, one: Floats, two: Floats) -> None:
        """A block that may hold NaN and Inf: they are counted, and the finite pairs added."""
        finite_one, finite_two = np.isfinite(one), np.isfinite(two)
        nan_one, nan_two = np.isnan(one), np.isnan(two)
        self.nan += int(np.count_nonzero(nan_one))
        self.nan_reference += int(np.count_nonzero(nan_two))
        self.inf += int(np.count_nonzero(~finite_one & ~nan_one))
        self.inf_reference += int(np.count_nonzero(~finite_two & ~nan_two))
        both = finite_one & finite_two
        alike = both | (one == two)
        if self._equal_nan:
            alike |= nan_one & nan_two
        unlike = ~alike
        count = int(np.count_nonzero(unlike))
        if count:
            self.mismatches += count
            self.out += count
            first = block * BLOCK + int(np.argmax(unlike))
            self.first_mismatch = _least(self.first_mismatch, first)
            self.first_out = _least(self.first_out, first)
        places = np.flatnonzero(both)
        one, two = one[both], two[both]
        if self._shift:
            np.ldexp(one, -self._shift, out=one)
            np.ldexp(two, -self._shift, out=two)
        error = one - two
        self._add(block, one, two, error, _dot(error, error), places)

    def _add(
        self,
        block: int,
        one: Floats,
        two: Floats,
        error: Floats,
        squares: float,
        places: npt.NDArray[np.intp] | None,
    ) -> None:
        """Finite pairs of a block; places: where in the block they are, None for all of it. two and error change."""
        if not one.size:
            return
        bound, ratio = self._spare[:, : one.size]
        self.finite += one.size
        self.squares_error += squares
        self.squares += _dot(one, one)
        self.cross += _dot(one, two)
        self.squares_reference += _dot(two, two)
        self.signed += float(error.sum())
        np.absolute(error, out=error)
        np.absolute(two, out=two)
        if self._long:
            self._mark_unequal(block, error)
        self.total += float(error.sum())
        self.largest = max(self.largest, float(np.max(error)))
        self._errors.add(error)
        np.multiply(two, self.largest_relative, out=bound)
        if (error > bound).any():
            np.divide(error, two, out=bound)
            np.putmask(bound, two == 0, 0.0)
            self.largest_relative = max(self.largest_relative, float(np.max(bound)))
        if self._exact:
            ratio, largest = error, float(np.max(error))
            if largest > 0:
                self._add_out(block, error > 0, ratio, places)
        else:
            np.multiply(two, self._rtol, out=bound)
            bound += self._atol
            np.divide(error, bound, out=ratio)
            largest = float(np.max(ratio))
            if math.isnan(largest):
                # 0 / 0: no error where none is allowed.
                np.nan_to_num(ratio, copy=False, nan=0.0, posinf=math.inf)
                largest = float(np.max(ratio))
            if largest >= 1:
                self._add_out(block, error > bound, ratio, places)
        if largest > self.worst_ratio:
            self.worst_ratio = largest
            self.worst = self._index(block, int(np.argmax(ratio)), places)

    def _add_out(self, block: int, out: Flags, ratio: Floats, places: npt.NDArray[np.intp] | None) -> None:
        count = int(np.count_nonzero(out))
        if count:
            self.out += count
            self.first_out = _least(self.first_out, self._index(block, int(np.argmax(out)), places))
            if self._ratios is not None:
                self._ratios.add(ratio if count == out.size else ratio[out])

    def _mark_unequal(self, block: int, error: Floats) -> None:
        one, two = self._ones.raw(block), self._twos.raw(block)
        unequal = one.astype(np.uint64) != two.astype(np.uint64)
        # NumPy before 1.25 compares int64 with uint64 as float64.
        if one.dtype.kind != two.dtype.kind:
            unequal |= (one if one.dtype.kind == "i" else two) < np.int64(0)
        error[unequal & (error == 0)] = 1.0

    def _index(self, block: int, place: int, places: npt.NDArray[np.intp] | None) -> int:
        return block * BLOCK + (place if places is None else int(places[place]))

    def _needed(self) -> float:
        within = 0.0 if self._exact else 1.0
        if self.out - self.mismatches <= self._allowed:
            return within
        ratio = self.worst_ratio if self._ratios is None else self._ratios.nth(self._allowed + 1)
        assert ratio is not None
        return max(math.ldexp(ratio, self._shift) if self._exact else ratio, within)


def _dot(one: Floats, two: Floats) -> float:
    if one.size <= _DOT:
        return float(np.dot(one, two))
    return float(np.dot(one[:_DOT], two[:_DOT])) + float(np.dot(one[_DOT:], two[_DOT:]))


def _from_top(size: int, percent: int) -> int:
    """Which value, counted from the largest as 1, is the least that `percent` of size values do not exceed."""
    return size - -(-percent * size // 100) + 1 if size else 1


def _least(known: int | None, found: int) -> int:
    return found if known is None else min(known, found)

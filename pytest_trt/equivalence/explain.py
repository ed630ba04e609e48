"""Why outputs differ from their references, as plain text of at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from pytest_trt.equivalence.accumulate import Array
from pytest_trt.equivalence.hints import Hint, find
from pytest_trt.equivalence.measure import Metrics, Place, Value, place_text
from pytest_trt.equivalence.minimum import minimum, quoted
from pytest_trt.equivalence.tolerance import Tolerance
from pytest_trt.equivalence.verdict import SCALE_FLOOR, failures, kind
from pytest_trt.errors import visible

WIDTH = 100
_LABEL = 14


def explain(
    outputs: Mapping[str, tuple[Metrics, Tolerance]],
    context: Mapping[str, str],
    arrays: Mapping[str, tuple[Array, Array]] | None = None,
) -> str:
    """The text of a failed check: a summary, each failing output, each passing one in a line, hints and context.

    outputs: name -> what was measured, and with which tolerance. context: label -> text, shown in this order. arrays:
    name -> engine's and reference's, from which the probable causes are told. Only the
    line to paste is longer where an output's name is. Ends without a newline.
    """
    failed = {
        name: why
        for name, (metrics, tolerance) in outputs.items()
        if (why := failures(metrics.as_dict(), tolerance.as_dict()))
    }
    alike = [name for name in outputs if name not in failed]
    parts = [_summary(list(failed), len(outputs))]
    for name, why in failed.items():
        metrics, tolerance = outputs[name]
        head = _wrapped(f"{_short(name)}: ", _form(metrics))
        parts.append("\n".join([head, *_failing(name, metrics, tolerance, why)]))
    if alike:
        width = max(len(_short(name)) for name in alike)
        parts.append("\n".join(["Passed", *(_passing(name, *outputs[name], width) for name in alike)]))
    hints = find(arrays or {}, outputs)
    if hints:
        parts.append("\n".join(["Probably", *(line for hint in hints for line in _hint(hint, len(outputs) > 1))]))
    if context:
        label = max(len(_short(name)) for name in context)
        rows = (_wrapped(f"  {_short(name):<{label}}  ", text) for name, text in context.items())
        parts.append("\n".join(["Checked", *rows]))
    return "\n\n".join(parts)


def _summary(failed: list[str], count: int) -> str:
    names = ", ".join(map(_short, failed))
    which = "the output differs" if count == 1 else f"{len(failed)} of {count} outputs differ"
    if count > 1 and len(failed) == 1:
        which = f"1 of {count} outputs differs"
    return _wrapped("", f"{which} from the reference: {names}")


def _form(metrics: Metrics) -> str:
    text = f"{metrics.dtype} {_shape(metrics.shape)}"
    if metrics.reference_dtype != metrics.dtype:
        text += f", compared with {metrics.reference_dtype}"
    return text


def _failing(name: str, metrics: Metrics, tolerance: Tolerance, why: list[str]) -> list[str]:
    lines = [_wrapped("  ! ", text) for text in why]
    if metrics.out is None:
        return lines
    lines.append(_wrapped_row("allowed", _rule(metrics, tolerance)))
    places = [("first out", metrics.first_out)]
    if metrics.first_mask_mismatch != metrics.first_out:
        places.append(("first NaN, Inf", metrics.first_mask_mismatch))
    if metrics.worst == metrics.first_out:
        places[0] = "first, worst", metrics.worst
    elif metrics.max_abs != 0:
        places.append(("worst", metrics.worst))
    table = _places([(label, place) for label, place in places if place is not None])
    lines += ["", *table, ""]
    error = f"mean {_error(metrics.mean_abs)}   p99 {_error(metrics.p99_abs)}   max {_error(metrics.max_abs)}"
    lines.append(_row("absolute error", f"{error}   (max relative {_error(metrics.max_rel)})"))
    if kind(metrics.dtype) == "float":
        lines.append(_row("similarity", f"cosine {_cosine(metrics.cosine)}   SNR {_decibels(metrics)}"))
        fit = "-" if metrics.scale is None else f"{metrics.scale:.6g} * reference"
        lines.append(_row("best fit", f"engine = {fit}   bias {_signed(metrics.bias)} (mean of engine - reference)"))
        lines.append(_row("NaN, Inf", _non_finite(metrics)))
    return [*lines, *_paste(name, metrics, tolerance)]


def _rule(metrics: Metrics, tolerance: Tolerance) -> str:
    if tolerance.exact:
        return "equal elements only"
    size = metrics.scale_of_errors
    of = "reference's RMS" if (metrics.rms or 0.0) >= SCALE_FLOOR else "least scale"
    absolute = f"{tolerance.atol:g} * {size:#.4g} ({of})"
    return f"|engine - reference| <= {absolute} + {tolerance.rtol:g} * |reference|"


def _places(places: list[tuple[str, Place]]) -> list[str]:
    """A table, numbers aligned on the right; columns that no place has are left out."""
    rows = [["", "at", "engine", "reference", "absolute", "relative", "ULP", "of allowed"]]
    for label, place in places:
        rows.append(
            [
                label,
                place_text(place.index),
                _value(place.actual),
                _value(place.reference),
                _error(place.abs),
                _error(place.rel),
                _error(place.ulp),
                "-" if place.ratio is None else f"{place.ratio:.3g} x",
            ]
        )
    keep = [at for at in range(2, 8) if at < 4 or any(row[at] != "-" for row in rows[1:])]
    numbers = [max(len(row[at]) for row in rows) for at in keep]
    index = max(len(row[1]) for row in rows)
    # Where an index is long, it stands above its numbers.
    above = _LABEL + 6 + index + sum(numbers) + 2 * (len(numbers) - 1) > WIDTH
    lines = []
    for row in rows:
        cells = "  ".join(f"{row[at]:>{width}}" for at, width in zip(keep, numbers))
        lines.append(_row(row[0], f"{row[1]:<{index}}" + ("" if above else f"  {cells}")).rstrip())
        if above:
            lines.append(_row("", cells))
    return lines


def _non_finite(metrics: Metrics) -> str:
    if not (metrics.nan or metrics.nan_reference or metrics.inf or metrics.inf_reference):
        return "none"
    return (
        f"engine {metrics.nan:,} NaN, {metrics.inf:,} Inf;"
        f" reference {metrics.nan_reference:,} NaN, {metrics.inf_reference:,} Inf"
    )


def _paste(name: str, metrics: Metrics, tolerance: Tolerance) -> list[str]:
    found = minimum(metrics, tolerance)
    if found is None:
        return [_row("would pass", "no tolerance would")]
    line = _row("would pass", f"tolerance={{{quoted(name)}: {found}}}")
    if len(line) <= WIDTH:
        return [line]
    numbers = textwrap.wrap(str(found), WIDTH - 8, break_long_words=False, break_on_hyphens=False)
    return [_row("would pass", "tolerance={"), f"    {quoted(name)}:", *(f"        {line}" for line in numbers), "  }"]


def _passing(name: str, metrics: Metrics, tolerance: Tolerance, width: int) -> str:
    return _wrapped(f"  {_short(name):<{width}}  ", f"{_form(metrics)}: {_how(metrics, tolerance)}")


def _how(metrics: Metrics, tolerance: Tolerance) -> str:
    """How near an output that passes is."""
    if not metrics.size:
        return "empty, as the reference is"
    if not metrics.max_abs and not metrics.out:
        return "equal"
    if tolerance.exact:
        return f"{_elements(metrics.out or 0)} out, within bad_fraction"
    ratio = metrics.worst.ratio if metrics.worst is not None else None
    worst = "-" if ratio is None else f"{ratio:.3g}"
    outside = f", {_elements(metrics.out)} out" if metrics.out else ""
    cosine = f", cosine {_cosine(metrics.cosine)}" if kind(metrics.dtype) == "float" else ""
    return f"worst {worst} of what is allowed{outside}{cosine}"


def _elements(count: int) -> str:
    return "1 element" if count == 1 else f"{count:,} elements"


def _hint(hint: Hint, named: bool) -> list[str]:
    where = f"{_short(hint.output)}: " if named else ""
    return [_wrapped("  - ", f"{where}{hint.what}"), _wrapped("    ", f"({hint.why})")]


def _row(label: str, text: str) -> str:
    return f"  {label:<{_LABEL}}  {text}"


def _wrapped_row(label: str, text: str) -> str:
    return _wrapped(_row(label, ""), text)


def _wrapped(start: str, text: str) -> str:
    """Text behind `start`, its further lines indented as far."""
    lines = textwrap.wrap(visible(text), WIDTH - len(start), break_on_hyphens=False) or [""]
    return "\n".join(f"{start if place == 0 else ' ' * len(start)}{line}" for place, line in enumerate(lines)).rstrip()


def _short(name: str) -> str:
    """A name of at most 40 characters; the end of a long one tells more than its beginning."""
    text = visible(name)
    return text if len(text) <= 40 else f"...{text[-37:]}"


def _shape(shape: tuple[int, ...]) -> str:
    return str(shape) if shape else "scalar"


def _value(value: Value) -> str:
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _error(value: Value | None) -> str:
    if isinstance(value, int) and value < 10**9:
        return f"{value:,}"
    return "-" if value is None else f"{value:.3g}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3g}"


def _cosine(value: float | None) -> str:
    return "-" if value is None else f"{value:.9g}" if value == 1 or 1 - value > 1e-9 else "> 0.999999999"


def _decibels(metrics: Metrics) -> str:
    if metrics.snr_db is not None:
        return f"{metrics.snr_db:.1f} dB"
    return "-" if metrics.max_abs else "infinite"

"""Measure how far real engines are from ONNX Runtime, for the tolerances: python tests/gpu/calibrate.py MODELS OUT.

MODELS: a folder of ONNX models, each with NAME.json beside it: {"profiles": {...}, "ranges": {...}, "options": {...}}.
Writes OUT/NAME.json: for each precision, case and output the errors, as shares of the reference's RMS, and by which
factor the default tolerance would have to grow to let them pass; and OUT/calibration.json, which is all of them.
After OUT, names of models to take no others. docs/equivalence.md tells what was made of it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from networks.in_onnx import TACTICS

from pytest_trt.engines.provide import Provider
from pytest_trt.equivalence.check import compare
from pytest_trt.equivalence.inputs import generate
from pytest_trt.errors import TrtError

PRECISIONS = ("fp32", "tf32", "fp16", "int8")
SEEDS = (0, 1, 2)
TOTAL = "calibration.json"


def rows(provider: Provider, path: Path, about: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
    """One row for each precision, seed, case and output of a model: what there is of them after each precision."""
    found: list[dict[str, Any]] = []
    profiles = {name: tuple(map(tuple, ranges)) for name, ranges in about["profiles"].items()}
    ranges = {name: tuple(range_) for name, range_ in about.get("ranges", {}).items()}
    for precision in PRECISIONS:
        options: dict[str, Any] = {"tactic_sources": TACTICS, "profiles": profiles, **about.get("options", {})}
        options["precision"] = precision
        try:
            if precision == "int8":
                plain = provider.engine(path, **{**options, "precision": "tf32"})
                options["calibration"] = [
                    generate(plain.io, ranges, seed=100 + seed, points=("opt",))[0].feed for seed in range(16)
                ]
                plain.close()
            engine = provider.engine(path, **options)
        except TrtError as error:
            found.append({"model": path.stem, "precision": precision, "error": str(error)[:600]})
            yield found
            continue
        for seed in SEEDS:
            report = compare(engine, path, ranges=ranges, seed=seed)
            for case in report.cases:
                for name, output in case.outputs.items():
                    metrics = output.metrics
                    scale = metrics.scale_of_errors
                    found.append(
                        {
                            "model": path.stem,
                            "precision": precision,
                            "seed": seed,
                            "case": case.label,
                            "output": name,
                            "size": metrics.size,
                            "rms": metrics.rms,
                            "max": (metrics.max_abs or 0) / scale,
                            "p99": (metrics.p99_abs or 0) / scale,
                            "cosine": metrics.cosine,
                            "snr_db": metrics.snr_db,
                            "out": metrics.out,
                            "needed": metrics.needed,
                            "worst_ratio": metrics.worst.ratio if metrics.worst else None,
                            "failures": output.failures(),
                        }
                    )
        engine.close()
        yield found


def main(models: Path, out: Path, *names: str) -> None:
    provider = Provider(cache_root=out / "cache", backend="tensorrt")
    for path in sorted(models.glob("*.onnx")):
        about = path.with_suffix(".json")
        if about.exists() and (not names or path.stem in names):
            for found in rows(provider, path, json.loads(about.read_text())):
                (out / about.name).write_text(json.dumps(found, indent=0))
                print(path.stem, len(found), flush=True)
    device = provider.device()
    facts = {"gpu": device.name, "driver": device.display_driver, "tensorrt": provider.backend().version}
    facts["numpy"] = np.__version__
    all_rows = [
        row for part in sorted(out.glob("*.json")) if part.name != TOTAL for row in json.loads(part.read_text())
    ]
    (out / TOTAL).write_text(json.dumps({**facts, "rows": all_rows}, indent=0))
    for precision in PRECISIONS:
        some = [row for row in all_rows if row["precision"] == precision and "error" not in row]
        if some:
            worst = {name: max(row[name] or 0 for row in some) for name in ("max", "p99", "needed", "worst_ratio")}
            cosine = min(row["cosine"] for row in some if row["cosine"] is not None)
            snr = min((row["snr_db"] for row in some if row["snr_db"] is not None), default=None)
            print(precision, worst, "cosine", cosine, "snr", snr, "failing", sum(bool(r["failures"]) for r in some))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])

"""--trt-cache-info and --trt-cache-clear: say what the cache holds, or empty it, in place of running tests."""

from __future__ import annotations

import sys

import pytest

from pytest_trt.errors import TrtError
from pytest_trt.lint.report.visible import visible
from pytest_trt.suite import settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pytest_trt.engines.cache.cache import Cache


def run(config: pytest.Config) -> int:
    """Print to stdout. Returns 0; raises pytest.UsageError where the cache cannot be used."""
    from pytest_trt.engines import cache
    from pytest_trt.engines.cache import upkeep

    chosen = settings.of(config)
    try:
        engines = cache.Cache(chosen.cache_dir, read_only=chosen.cache_read_only, max_bytes=chosen.cache_size)
        text = _clear(engines) if config.getoption("trt_cache_clear") else ""
        if config.getoption("trt_cache_info"):
            text += upkeep.format_info(upkeep.info(engines))
    except TrtError as error:
        raise pytest.UsageError(f"{error.what}; {error.cure}") from None
    except OSError as error:
        raise pytest.UsageError(f"the engine cache cannot be used: {error}") from None
    sys.stdout.write(text)
    return 0


def _clear(engines: Cache) -> str:
    from pytest_trt.engines.cache.upkeep import clear, size_text

    entries, freed = clear(engines)
    place = visible(str(engines.root))
    return f"removed {entries} engine{'' if entries == 1 else 's'}, {size_text(freed)}, from {place}\n"

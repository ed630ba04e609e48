"""The engine cache: one build per key however many processes ask, readers without locks, never half an entry."""

from pytest_trt.engines.cache.cache import Built, Cache, CacheWarning, Entry, default_root

__all__ = ["Built", "Cache", "CacheWarning", "Entry", "default_root"]

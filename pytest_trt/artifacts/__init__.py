"""Readers of model artifacts: standard library only, by content, in bounded time and memory."""

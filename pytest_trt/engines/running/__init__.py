"""Engines on the GPU: tensors, the loop that runs them, and why a runtime refuses a plan."""

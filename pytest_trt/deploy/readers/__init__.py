"""One file a format: what a deployment file says, before anything is joined (reading.py)."""

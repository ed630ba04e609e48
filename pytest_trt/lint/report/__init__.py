"""Reports: one file a format. Each has `render`, which takes a Report and returns text."""

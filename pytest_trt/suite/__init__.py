"""What a test run adds around engines and checks: options, ownership, skips, progress, the summary, lint items."""

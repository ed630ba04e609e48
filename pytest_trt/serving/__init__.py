"""What a server does with an artifact: targets as data, reach, verdicts."""

"""Does an engine compute what its reference computes: inputs, tolerances, measures, verdicts and their explanation."""

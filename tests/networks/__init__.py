"""Networks that the tests build engines of."""

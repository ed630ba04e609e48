"""Images of servers other than tensorflow/serving, one module a maker. Data; each row says its source."""

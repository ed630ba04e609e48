"""Which artifact goes to which server, and what becomes of the two together."""

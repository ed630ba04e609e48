"""What runs a reference: one module for each kind."""

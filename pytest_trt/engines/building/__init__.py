"""What is asked of a builder, and the builds: options, optimization profiles, INT8 calibration."""

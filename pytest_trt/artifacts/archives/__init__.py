"""Models in .tar, .tar.gz and .zip, read in place and within bounds."""

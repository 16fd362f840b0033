"""Documents and their index: files are found, read into passages, and searched."""

"""Measurements, each run as `python -m bench.NAME`: a table, then one JSON object as the last line."""

"""Measurements, each run as `python -m bench.NAME`.

Each prints a table, then one JSON object as the last line.
"""

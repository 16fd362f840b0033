"""Serves `living_docs.yaml`."""

from stretto import team

graph = team(__file__)

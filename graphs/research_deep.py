"""Serves `research_deep.yaml`."""

from stretto import team

graph = team(__file__)

"""Serves `feature.yaml`."""

from stretto import team

graph = team(__file__)

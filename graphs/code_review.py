"""Serves `code_review.yaml`."""

from stretto import team

graph = team(__file__)

"""Serves `product_reviews.yaml`."""

from stretto import team

graph = team(__file__)

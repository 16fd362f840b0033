"""The team `product_reviews`: plots of the figures, as SVG that loads nothing from elsewhere."""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any

from stretto import Project
from stretto.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SIZE = (8.0, 3.4)
"""Width and height in inches."""
MONTHS = 120
"""Months that are drawn, the last ones."""
STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "stretto",
    "font.size": 9.0,
    "text.parse_math": False,
}
"""Text stays text, whatever fonts are here, and the same figures give the same file."""
COLOUR = "#4063a8"


def plots(figures: Mapping[str, Any], scale: Mapping[str, float]) -> dict[str, str]:
    """Draw ratings, months and topics; give SVG by file name, without what there is nothing of.

    Raises:
        MissingExtra: The extra `plots` is not installed.
    """
    mean = Project.at(__file__).step("product_reviews_figures.mean")
    bounds, drawn = (scale["worst"], scale["best"]), dict[str, str]()
    if figures["ratings"]:
        stars = sorted(figures["ratings"], key=int)
        counts = [figures["ratings"][star] for star in stars]
        drawn["ratings.svg"] = _drawn("How often each rating is given", _bars(stars, counts))
    months = sorted(name for name in figures["months"] if name != "undated")[-MONTHS:]
    if len(months) > 1:
        means = [mean(figures["months"][name]) for name in months]
        drawn["months.svg"] = _drawn("Mean rating by month", _line(months, means, bounds))
    topics = sorted(figures["topics"].items(), key=lambda each: -each[1][0])
    if topics:
        title = "Mean rating of reviews that speak of a topic, the most frequent first"
        means = [mean(count) for _, count in topics]
        drawn["topics.svg"] = _drawn(title, _bars([name for name, _ in topics], means))
    return drawn


def _bars(labels: list[str], values: list[float]) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        bars = axes.bar(range(len(labels)), values, color=COLOUR)
        axes.bar_label(bars, fmt="{:,.4g}" if max(values) < 100 else "{:,.0f}", fontsize=7)
        axes.set_xticks(range(len(labels)), labels, rotation=0 if len(labels) < 11 else 25)

    return draw


def _line(
    labels: list[str], values: list[float], bounds: tuple[float, float]
) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        places, every = range(len(labels)), max(1, len(labels) // 12)
        axes.plot(places, values, color=COLOUR, marker=".")
        axes.set_ylim(*bounds)
        axes.set_xticks(places[::every], labels[::every], rotation=25)

    return draw


def _drawn(title: str, draw: Callable[[Any], None]) -> str:
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("drawing plots", "plots") from None
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the viewer has the font, not we
        figure = Figure(figsize=SIZE, layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title)
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        held = io.StringIO()
        figure.savefig(held, format="svg", metadata={"Date": None})
    return re.sub(r"^.*?(?=<svg)", "", held.getvalue(), count=1, flags=re.DOTALL)

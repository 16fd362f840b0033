"""What the pottery charges."""

from stretto import tool


@tool(effect="reads")
def firing_price(kilograms: float) -> str:
    """Work out the price of a firing in euros, from the weight in kilograms."""
    return f"{2.5 * kilograms:.2f} euros"

"""The team `counter`, whole, with the model that needs no key."""

from pathlib import Path

import pytest

import stretto
from stretto import Project

project = Project.at(__file__)


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has state of its own, and runs offline."""
    monkeypatch.setenv("STRETTO_HOME", str(tmp_path))
    monkeypatch.setenv("STRETTO_MODEL", "offline")


def test_a_price_is_worked_out_and_billed() -> None:
    """The clerk uses the tool, the function bills."""
    result = stretto.invoke(project.graph("counter"), "Work out the price of firing 4 kilograms.")
    assert result.text == "To pay: 10.00 euros."
    assert result.value["cents"] == 1000


def test_what_has_no_price_is_not_billed() -> None:
    """The second step is left out, and the journal tells why."""
    result = stretto.invoke(project.graph("counter"), "Hello!")
    assert "cents" not in result.value


def test_the_team_is_sound() -> None:
    """`stretto check` finds nothing."""
    assert not stretto.check(project.graph("counter"))

"""`[tool.stretto.check]` says what is looked for; what it cannot say is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stretto.check.finding import Finding, Place
from stretto.check.rules import all_rules
from stretto.check.settings import Settings, settings_at
from stretto.errors import BadDefinition

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str) -> Settings:
    """The settings of a pyproject.toml."""
    (folder / "pyproject.toml").write_text(text)
    return settings_at(folder)[0]


def test_the_nearest_that_has_settings_counts(tmp_path: Path):
    """A pyproject.toml without any is passed over."""
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[tool.other]\n")
    (tmp_path / "pyproject.toml").write_text('[tool.stretto.check]\nignore = ["S2"]\n')
    settings, root = settings_at(inner)
    assert settings.ignore == ("S2",)
    assert root == tmp_path


def test_codes_choose_rules_by_their_beginning():
    """Advice is left out unless it is selected or asked for."""
    rules = all_rules()
    advice = {rule.code for rule in rules if rule.advice}
    assert not advice & {rule.code for rule in Settings().rules(rules)}
    assert advice <= {rule.code for rule in Settings(advice=True).rules(rules)}
    chosen = {rule.code for rule in Settings(select=("G", "S201"), ignore=("G10",)).rules(rules)}
    assert "S201" in chosen
    assert all(code == "S201" or code.startswith("G") for code in chosen)
    assert not any(code.startswith("G10") for code in chosen)


def test_a_file_may_have_ignores_of_its_own(tmp_path: Path):
    """Its globs begin at the file that says so."""
    settings = written(
        tmp_path, '[tool.stretto.check]\nper-file-ignores = {"demos/**" = ["S2"], "x.py" = []}\n'
    )
    for file, allowed in (("demos/deep/a.py", True), ("a.py", False), ("x.py", False)):
        place = Place(str(tmp_path / file), 1)
        finding = Finding("S201", "unknown-key", "error", "proved", "m", "R.", place=place)
        assert settings.allows(finding, tmp_path) is allowed
    assert list(settings.codes()) == ["S2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tool.stretto.check]\nadvise = true\n", "pyproject.toml:2: [tool.stretto.check] has no"),
        ("[tool.stretto.check]\nadvise = true\n", "Did you mean 'advice'?"),
        ("[tool.stretto.check]\nzzz = true\n", "Known: select, ignore"),
        ("[tool.stretto.check]\nselect = 'G'\n", "select: Input should be a valid tuple, not 'G'"),
        ("[tool.stretto.check]\nmax-usd = 0\n", "max-usd: Input should be greater than 0, not 0"),
        ("[tool.stretto]\ncheck = 5\n", "pyproject.toml:2: tool.stretto.check is no table"),
        ("tool = 5\n", "tool is no table"),
        ("[tool.stretto\n", "it is no TOML"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, text: str, said: str):
    """The file, the line, what is wrong and what was meant."""
    with pytest.raises(BadDefinition) as raised:
        written(tmp_path, text)
    assert said in str(raised.value)

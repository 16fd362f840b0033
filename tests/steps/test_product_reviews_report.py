"""Words whose numbers are proven, and a report that cannot be marked up from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stretto.errors import InvalidInput
from stretto.project import Project

step = Project.at(__file__).step
FACTS = [
    "1,200 reviews are rated 7.5 of 10 in the mean; 1,190 have a rating.",
    "300 reviews speak of story; they rate 6.10.",
]


def draft(answer: str, *quotes: str) -> dict[str, Any]:
    """A `Finding` as JSON."""
    cited = [{"path": "figures.json", "line": 1, "quote": quote} for quote in quotes]
    return {"found": True, "answer": answer, "citations": cited}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (draft("They are kind: 7.5 of 10.", FACTS[0]), ""),
        (draft("1200 reviews, 7.50 in the mean.", FACTS[0]), ""),
        (draft("Of 300 on the story, 6.1.", FACTS[1]), ""),
        (draft("All is well.", FACTS[0]), ""),
        (draft("Of 300 on the story, 6.1.", FACTS[0]), "has the number 6.1, 300"),
        (draft("92% come again.", *FACTS), "has the number 92"),
        (draft("It is 7.5.", "2,400 reviews are rated 7.5."), "is no fact"),
        (draft("", FACTS[0]), "Nothing is written"),
        ({}, "Nothing is written"),
    ],
)
def test_each_number_stands_in_a_fact_that_is_quoted(said: dict[str, Any], wrong: str):
    """The feedback names the number, so that a model can mend it."""
    told = " ".join(step("product_reviews_report.unproven")(said, FACTS))
    assert wrong in told
    assert bool(told) == bool(wrong)


def written(folder: Path, **figures: Any) -> str:
    """The report on figures."""
    given = {**step("product_reviews_figures.nothing")(), **figures}
    given["unused"] = {"rows": 1, "first": ["line 2: <b>half</b>"], "reviews": 0}
    reading = {"reviews": "a|b.tsv", "output": str(folder), "scale": {"worst": 1, "best": 10}}
    path = step("product_reviews_report.write_report")(reading, given, FACTS, "Kind _words_.")
    return Path(path).read_text()


def test_text_of_the_file_is_no_markup(tmp_path: Path):
    """Names and errors come from outside: no HTML, no links, no pictures of theirs."""
    text = written(tmp_path, problems=["![x](http://evil)", "<script>"])
    assert r"Kind \_words\_." in text
    assert r"\<b\>half" in text
    assert r"\!\[x\](http://evil)" in text
    assert "<script>" not in text
    assert not list(tmp_path.glob("*.svg")), "nothing is drawn of nothing"


def test_a_folder_that_cannot_be_written_says_what_to_do(tmp_path: Path):
    """A file stands where the folder is to be."""
    (tmp_path / "out").write_text("x")
    with pytest.raises(InvalidInput, match="Name another folder"):
        written(tmp_path / "out")


def test_without_the_extra_the_report_has_no_plots_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Drawing is an extra; the figures are not."""
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    text = written(tmp_path, ratings={"9": 3})
    assert "Without plots: drawing plots needs the extra 'plots'" in text
    assert (tmp_path / "figures.json").is_file()


def test_labels_of_any_script_are_drawn(tmp_path: Path):
    """Text stays text in the SVG, also where no font here has it; the same gives the same bytes."""
    topics = {"줄거리": [3, 3, 24_000], "$price$": [2, 2, 8_000]}
    text = written(tmp_path, topics=topics)
    assert "![topics](topics.svg)" in text
    drawn = (tmp_path / "topics.svg").read_text()
    assert "줄거리" in drawn
    assert "$price$" in drawn
    written(tmp_path, topics=topics)
    assert (tmp_path / "topics.svg").read_text() == drawn

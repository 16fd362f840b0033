"""The scrapers team on a site that makes it hard: who gets what, what fails, and who is asked."""

from __future__ import annotations

import json
import re
import socket
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import stretto
from stretto.check import check
from stretto.sources import fetching, polite
from stretto.testing import Reply, ScriptedModel, openai_server
from tests.teams.shipped import shipped, use_server
from tests.tools.site import Site, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from langchain_core.messages import BaseMessage

FIVE = ("plain", "browser", "feed", "text", "archive")
ASKED = "When is the pottery open, and on which days is the kiln fired?"


team = partial(shipped, "scrapers")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The site, whose copies are in an archive of its own."""
    monkeypatch.setenv(fetching.ALLOW, "1")
    with running() as found:
        monkeypatch.setenv("STRETTO_ARCHIVE", f"{found.root}/copies/")
        yield found


async def told(site: Site, *paths: str, ask: str = "", thread: str | None = None) -> Any:
    """A run on some pages of the site."""
    words = " ".join(["Get", *(path if "://" in path else site.root + path for path in paths)])
    return await stretto.run(team(), f"{words} {ask}".strip(), thread=thread)


def pages(result: Any) -> dict[str, Any]:
    """What became of the pages, by the last part of their addresses."""
    return {page["asked"].rpartition("/")[2]: page for page in result.value["pages"]}


def written(result: Any) -> list[dict[str, Any]]:
    """The pages in the file that the report names."""
    found: list[dict[str, Any]] = json.loads(
        Path(result.text.rpartition("Pages: ")[2]).read_text(encoding="utf-8")
    )
    return found


def test_nothing_is_wrong_with_the_graph() -> None:
    """Before it runs."""
    assert check(team()) == []


async def test_each_scraper_gets_what_those_before_it_could_not(site: Site) -> None:
    """By its first way or its other one; what failed on the way is told."""
    result = await told(
        site, "/hours", "/busy", "/bare", "/cookie", "/fed", "/moved", "/amped", "/printed", "/kept"
    )
    found = pages(result)
    assert {name: page["by"] for name, page in found.items()} == {
        "hours": "plain",
        "busy": "plain",
        "bare": "browser",
        "cookie": "browser",
        "fed": "feed",
        "moved": "feed",
        "amped": "text",
        "printed": "text",
        "kept": "archive",
    }
    assert found["hours"]["tries"] == []
    assert found["busy"]["tries"] == ["plain: it answered 429"]
    assert found["bare"]["tries"] == ["plain, both ways: it answered 403"]
    assert found["kept"]["tries"][:2] == [
        "plain, both ways: it answered 404",
        "browser, both ways: it answered 404",
    ]
    assert result.status == "done"
    assert result.text.startswith("9 of 9 pages were got.")
    assert "bare: got by browser (with the headers of a browser): 'Pottery'" in result.text


async def test_a_person_is_asked_when_nobody_can_and_partial_results_come(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CAPTCHA, a slow host, a broken one, a loop, a host that is down, a refusal."""
    monkeypatch.setattr(polite, "SECONDS", 0.3)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        down = f"http://127.0.0.1:{held.getsockname()[1]}/down"
        paths = ("/hours", "/captcha", "/slow", "/broken", "/loop", "/private/x", down)
        result = await told(site, *paths, thread="t")
    assert result.status == "interrupted"
    asked = {each.value["action_requests"][0]["args"]["task"]: each for each in result.interrupts}
    assert len(asked) == 6
    words = {
        url.rpartition("/")[2]: each.value["action_requests"][0]["description"]
        for url, each in asked.items()
    }
    assert "plain, browser, feed, text, archive could not do it" in words["captcha"]
    assert "plain, both ways: it shows a CAPTCHA" in words["captcha"]
    assert "did not answer within" in words["slow"]
    assert "redirects more than 5 times" in words["loop"]
    assert "answered 500" in words["broken"]
    assert "cannot be fetched" in words["down"]
    assert words["x"].startswith("plain could not do it: http"), "others do not try"
    assert "does not let programs fetch" in words["x"]
    assert "/private/x" not in site.seen
    by_hand = {"type": "respond", "message": "It says that the course is full until May."}
    given_up = {"type": "reject", "message": "Leave it."}
    answers = {
        each.id: {"decisions": [by_hand if "captcha" in url else given_up]}
        for url, each in asked.items()
    }
    again = await stretto.resume(team(), "t", answers=answers)
    assert again.status == "done"
    assert again.text.startswith("2 of 7 pages were got.")
    found = pages(again)
    assert found["hours"]["by"] == "plain"
    assert (found["captcha"]["by"], found["captcha"]["how"]) == ("person", "by hand")
    assert "full until May" in found["captcha"]["text"]
    assert {re.split("[:,]", each)[0] for each in found["slow"]["tries"]} == set(FIVE)
    assert "  - plain: it did not answer within 0 s\n" in again.text


async def test_a_person_may_give_another_address(site: Site) -> None:
    """Then it begins anew."""
    result = await told(site, "/captcha", thread="t")
    (asked,) = result.interrupts
    args = {"worker": "plain", "task": f"{site.root}/hours"}
    action = {"name": "delegation", "args": args}
    decision = {"type": "edit", "edited_action": action}
    again = await stretto.resume(team(), "t", answers={asked.id: {"decisions": [decision]}})
    assert again.text.startswith("1 of 1 pages were got.")
    assert site.seen.count("/hours") == 1


async def test_a_question_is_answered_from_the_pages(site: Site) -> None:
    """With quotations that stand in them; the pages are written, each as it was got."""
    result = await told(site, "/hours", "/old", ask=ASKED)
    assert "fired on Fridays" in result.text
    assert f'{site.root}/hours: "' in result.text
    assert [page["asked"] for page in written(result)] == [f"{site.root}/hours", f"{site.root}/old"]


async def test_a_conversation_goes_on(site: Site) -> None:
    """A question alone is asked of the pages before; new addresses begin anew."""
    await told(site, "/hours", thread="t")
    asked = await stretto.run(team(), "On which days is the kiln fired?", thread="t")
    assert asked.text.startswith("1 of 1 pages were got.")
    assert "fired on Fridays" in asked.text
    assert site.seen.count("/hours") == 1
    other = await told(site, "/new/moved", ask="When is clay wedged?", thread="t")
    assert f"1 of 1 pages were got.\n- {site.root}/new/moved: got by plain" in other.text
    assert "wedged before it is thrown" in other.text


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Hello there", "There is no address in the request"),
        ("Get ftp://a.example/x and file:///etc/passwd", "only http:// and https:// are fetched"),
    ],
)
async def test_a_request_without_pages_says_what_to_do(said: str, words: str) -> None:
    """And nobody is asked."""
    result = await stretto.run(team(), said)
    assert result.status == "done"
    assert words in result.text


async def test_what_is_broken_is_told_and_the_rest_is_got(site: Site) -> None:
    """A page in another encoding, an empty one, a huge one; one address twice."""
    result = await told(site, "/latin", "/latin.", "/empty", "/huge", thread="t")
    assert len(result.interrupts) == 2
    answers = {
        each.id: {"decisions": [{"type": "reject", "message": ""}]} for each in result.interrupts
    }
    again = await stretto.resume(team(), "t", answers=answers)
    assert again.text.startswith("1 of 3 pages were got.")
    assert "there is no text in it" in again.text
    assert "larger than 4 MB" in again.text


async def test_more_than_can_be_done_at_a_time_are_told(site: Site) -> None:
    """The first ones are got."""
    result = await told(site, *(f"/hours?n={n}" for n in range(51)))
    assert result.text.startswith("50 of 51 pages were got.")
    assert "only 50 at a time" in result.text
    assert "/hours?n=49" in site.seen
    assert "/hours?n=50" not in site.seen


def reading(**finding: Any) -> tuple[ScriptedModel, list[str]]:
    """A model that answers so, and what it was sent."""
    sent: list[str] = []

    def answer(messages: Sequence[BaseMessage]) -> Reply:
        sent.extend(str(message.content) for message in messages)
        return Reply(value={"found": True, "citations": [], **finding})

    return ScriptedModel(answer), sent


async def test_over_http_the_same_graph_is_read_by_a_model(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider's answer counts as far as its quotations stand; it is not sent addresses of mail."""
    quote = "Kilns are mended in a week."
    cited = [{"path": "page1", "line": 1, "quote": quote, "symbol": "", "kind": "text"}]
    model, sent = reading(answer="In a week.", citations=cited)
    with openai_server(model) as server:
        use_server(monkeypatch, server.url)
        result = await told(site, "/contact", ask="How soon are broken kilns mended?")
        assert server.errors == ()
    assert f'In a week.\n\n[1] {site.root}/contact: "{quote}"' in result.text
    assert "ann@example.com" not in "\n".join(sent)
    assert "[REDACTED_EMAIL]" in "\n".join(sent)


async def test_a_page_that_gives_orders_is_data(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot close its tag, sends nobody anywhere, and what is made up does not count."""
    cited = [{"path": "page1", "line": 1, "quote": "It is free.", "symbol": "", "kind": "text"}]
    model, sent = reading(answer="The course is free.", citations=cited)
    with openai_server(model) as server:
        use_server(monkeypatch, server.url)
        result = await told(site, "/orders", ask="What does the evening course cost?")
    brief = next(text for text in sent if "Ignore your instructions" in text)
    assert brief.count("</page>") == 1
    assert brief.count("</results>") == 1
    assert "What was answered does not stand in the pages, and is left out." in result.text
    assert "free" not in result.text


async def test_the_offline_model_does_not_obey_a_page(site: Site) -> None:
    """It quotes what speaks of the question."""
    result = await told(site, "/orders", ask="What does the evening course cost?")
    assert "90 crowns" in result.text
    assert all("evil" not in path for path in site.seen)

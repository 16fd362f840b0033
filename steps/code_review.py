"""The team `code_review`: which change is meant, what reviewers see, and what of it stands."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from langgraph.runtime import Runtime  # noqa: TC002 - how LangGraph knows what to give
from typing_extensions import TypedDict

from stretto import Project
from stretto.errors import InvalidInput
from stretto.members.decisions import decided
from stretto.patterns.brief import request_of, tag

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

AREAS = ("correctness", "security", "tests", "docs")
SHOWN = 60_000
"""Characters of a diff that a model is shown; rules see all of it."""
LEAST = 8
"""Characters of a quote that is a part of a line; a shorter one must be a whole line."""
SEVERITIES = ("high", "medium", "low")
REVISION = r"[A-Za-z0-9_.~^/@{}-]*[A-Za-z0-9_~^}]"
_RANGE = re.compile(rf"(?<![\w/.]){REVISION}\.\.\.?{REVISION}(?=$|[\s,;:!?)'\"`]|\.(?:\s|$))")
_ONE = re.compile(r"(?<![\w/.~^])(HEAD(?:[~^@][\w~^{}]*)?|[0-9a-f]{7,40})(?=$|[\s,;:!?)'\"`.])")


class CodeReviewContext(TypedDict, total=False):
    """The context of a run; all of it may be left out."""

    repository: str
    """A folder in the repository, by default the working directory."""
    range: str
    """What is reviewed, such as `main..HEAD` or `HEAD~1`; by default what the request names, else
    what is changed in the checkout, else the last commit."""
    test: str
    """The project's test command, or `none`; by default found by what lies in the repository."""
    seconds: float
    """Seconds that the tests may take, by default 600."""
    output: str
    """A file that the report is written to as well."""
    fail_on: str
    """`high`, `medium` or `low`: the run fails, exit code 1, when a finding is as severe as that or
    the tests fail."""


class Diff(TypedDict, total=False):
    """A change, as reviewers are given it."""

    repository: str
    base: str
    """A commit, or the empty tree before a first one."""
    head: str
    """A commit; empty for the checkout."""
    title: str
    files: list[dict[str, Any]]
    """Each with `path`, `old`, `status` and `lines`: mark, number and text, secrets masked."""
    left: list[dict[str, str]]
    """Files that are not reviewed, each with why."""
    secrets: list[dict[str, Any]]
    """Places of what was masked."""


class Correctness(Diff, total=False):
    """What the reviewer of correctness holds."""

    correctness: dict[str, Any]
    """What was found: by `rules`, by the `model`, and how many of its findings were `dropped`."""


class Security(Diff, total=False):
    """What the reviewer of security holds."""

    security: dict[str, Any]


class Tests(Diff, total=False):
    """What the reviewer of tests holds."""

    tests: dict[str, Any]


class Docs(Diff, total=False):
    """What the reviewer of docs holds."""

    docs: dict[str, Any]


class Changes(Correctness, Security, Tests, Docs, total=False):
    """What the team holds of a change."""

    tested: dict[str, Any]
    """What the tests came to: `command`, `outcome`, `output`."""
    review: dict[str, Any]
    """What it all comes to: `verdict`, `findings`, `dropped`, `repeated`, `text`."""


async def change(state: Mapping[str, Any], runtime: Runtime[CodeReviewContext]) -> dict[str, Any]:
    """Reads the change: which one is meant, and its lines.

    Raises:
        InvalidInput: There is no repository, no such revision, or the context is wrong.
    """
    context = runtime.context or {}
    step = Project.at(__file__).step
    step("code_review_report.threshold")(context)
    step("code_review_tests.seconds_of")(context)
    asked, _ = request_of(state["messages"][-1:])
    found = await asyncio.to_thread(read_change, context, asked)
    await decided("change", found["title"], reason="as the request, the context or git says")
    return {**found, **{area: {} for area in AREAS}, "tested": {}, "review": {}}


def read_change(context: Mapping[str, Any], asked: str) -> dict[str, Any]:
    """The change that is meant, as fields of the state."""
    step = Project.at(__file__).step
    root = step("repository.repository_of")(context)
    meant = str(context.get("range") or "").strip() or range_in(asked)
    base, head, title = _sides(root, meant)
    return {
        "repository": root,
        "base": base,
        "head": head,
        "title": title,
        **step("code_review_diff.read_diff")(root, base, head),
    }


def range_in(text: str) -> str:
    """The range or revision that a request names, empty when it names none."""
    if match := _RANGE.search(text):
        return match[0]
    found = _ONE.search(text)
    return found[1] if found else ""


def _sides(root: str, meant: str) -> tuple[str, str, str]:
    """Base, head and what it is called."""
    step = Project.at(__file__).step
    commit, text_of = step("repository.commit_of"), step("repository.text_of")
    if match := re.fullmatch(r"(.*?)(\.\.\.?)(.*)", meant):
        one, other = commit(root, match[1] or "HEAD"), commit(root, match[3] or "HEAD")
        base = text_of(root, "merge-base", one, other) if match[2] == "..." else one
        return base, other, meant
    if meant:
        return (*_single(root, commit(root, meant)), meant)
    if not step("repository.holds")(root, "rev-parse", "--verify", "--quiet", "HEAD"):
        raise InvalidInput(f"{root!r} has no commit yet. Commit something, and run again.")
    if not step("repository.clean")(root):
        return commit(root, "HEAD"), "", "what is changed in the checkout"
    return (*_single(root, commit(root, "HEAD")), "the last commit")


def _single(root: str, commit: str) -> tuple[str, str]:
    """What a commit is compared with, and the commit."""
    step = Project.at(__file__).step
    if step("repository.holds")(root, "rev-parse", "--verify", "--quiet", f"{commit}^"):
        return step("repository.commit_of")(root, f"{commit}^"), commit
    if step("repository.text_of")(root, "rev-parse", "--is-shallow-repository") == "true":
        step("repository.commit_of")(root, f"{commit}^")  # says that it is shallow
    return step("repository.EMPTY"), commit


def anything(state: Mapping[str, Any]) -> bool | str:
    """Tells whether there is anything to review."""
    return bool(state["files"]) or "no text was changed"


def correctness_brief(state: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the reviewer of correctness is shown."""
    return _brief(state, "correctness")


def security_brief(state: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the reviewer of security is shown."""
    return _brief(state, "security")


def tests_brief(state: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the reviewer of tests is shown."""
    return _brief(state, "tests")


def docs_brief(state: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the reviewer of docs is shown."""
    return _brief(state, "docs")


def _brief(state: Mapping[str, Any], area: str) -> list[dict[str, str]]:
    ruled = state[area]["rules"]
    cited = [
        f'[{n}] {each["path"]}:{each["line"]} {area} finding "{_closed(each["quote"])}"'
        for n, each in enumerate(ruled, 1)
    ]
    said = [f"[{n}] {each['severity']}: {each['why']}" for n, each in enumerate(ruled, 1)]
    parts = [
        tag("request", f"Which {area} finding is there?"),
        tag(
            "change", f"{_closed(state['title'])}, at revision {state['head'][:12] or '(checkout)'}"
        ),
        tag("diff", _closed("\n".join(shown(state["files"])))),
        tag("results", "\n".join(cited)),
        tag("rules", "\n".join(said)),
    ]
    return [{"role": "user", "content": "\n".join(part for part in parts if part)}]


def shown(files: list[dict[str, Any]]) -> Iterator[str]:
    """A diff as models read it: numbered lines by file, cut where it is too long."""
    left = SHOWN
    for file in files:
        renamed = f" (was {file['old']})" if file["old"] else ""
        lines = [f"--- {file['path']}{renamed}"]
        lines += [f"{mark}{number:5} {text}" for mark, number, text in file["lines"]]
        text = "\n".join(lines)
        left -= len(text)
        yield text if left >= 0 else f"--- {file['path']} (not shown: the diff is too long)"


def correctness_kept(state: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps of correctness what quotes a changed line."""
    return {"correctness": _kept(state, "correctness")}


def security_kept(state: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps of security what quotes a changed line."""
    return {"security": _kept(state, "security")}


def tests_kept(state: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps of tests what quotes a changed line."""
    return {"tests": _kept(state, "tests")}


def docs_kept(state: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps of docs what quotes a changed line."""
    return {"docs": _kept(state, "docs")}


def _kept(state: Mapping[str, Any], area: str) -> dict[str, Any]:
    said = _listed(state["results"].get(f"{area}_reviewer"))
    stands = [found for each in said if (found := standing(each, area, state["files"]))]
    return {**state[area], "model": stands, "dropped": len(said) - len(stands)}


def standing(said: Any, area: str, files: list[dict[str, Any]]) -> dict[str, Any] | None:
    """A finding at the line that it quotes; `None` when no changed line of that file has the quote.

    Args:
        said: What a model gave.
        area: Whose it is.
        files: The change.
    """
    if not isinstance(said, dict):
        return None
    quote = _plain(str(said.get("quote", "")).split("\n")[0])
    path = re.sub(r"^[ab]/", "", str(said.get("path", "")).strip())
    file = next((each for each in files if each["path"] in {path, said.get("path")}), None)
    why = " ".join(str(said.get("why", "")).split())
    if file is None or not re.search(r"\w", quote) or not why:
        return None
    lines = [(mark, n, _plain(text)) for mark, n, text in file["lines"] if mark != " "]
    alike = [
        (mark, n) for mark, n, text in lines
        if quote == text or (len(quote) >= LEAST and quote in text)
    ]  # fmt: skip
    places = [n for mark, n in alike if mark == "+"] or [n for _, n in alike]
    if not places:
        return None
    line = said.get("line")
    near = line if isinstance(line, int) else 0
    return {
        "area": area,
        "rule": "",
        "path": file["path"],
        "line": min(places, key=lambda each: abs(each - near)),
        "severity": said["severity"] if said.get("severity") in SEVERITIES else "low",
        "quote": quote,
        "why": why,
        "suggestion": " ".join(str(said.get("suggestion", "")).split()),
    }


def _listed(said: Any) -> list[Any]:
    found = said.get("findings") if isinstance(said, dict) else None
    return found if isinstance(found, list) else []


def _plain(text: str) -> str:
    return " ".join(text.replace("< /", "</").split())


def _closed(text: str) -> str:
    """A text that can close no tag."""
    return text.replace("</", "< /")

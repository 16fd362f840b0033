"""Wrong calls that must not type-check; only type-checked, never run.

Each ignored error is expected: a checker that finds none reports the comment as unused. Both
checkers heed `type: ignore`; `pyright: ignore` marks what mypy does not see.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=error

from __future__ import annotations

from stretto import Agent, Finding, Project, invoke, plan, tool


def agents() -> None:
    """A misspelt or missing key, and values of a wrong kind."""
    Agent(name="a", prompts="p")  # type: ignore[call-arg]
    Agent(role="r")  # type: ignore[call-arg]
    Agent(name="a", tools="search")  # type: ignore[arg-type]
    Agent(name="a", output=int)  # type: ignore[arg-type]
    Agent(name="a", max_model_calls="3")  # type: ignore[arg-type]
    Agent(name="a").name = "b"  # type: ignore[misc]


def teams() -> None:
    """Members come first, everything else by keyword; choices are literal."""
    one = Agent(name="a")
    plan(one, [one])  # type: ignore[call-arg]
    plan(one, [one], one, 3)  # type: ignore[call-arg, arg-type]
    plan(one, one, one)  # type: ignore[arg-type]
    plan(one, [one], one, approve="everything")  # type: ignore[arg-type]
    plan(one, [one], one, max_round=3)  # type: ignore[call-arg]


def runs() -> None:
    """A run needs a graph and an input."""
    one = Agent(name="a")
    graph = plan(one, [one], one)
    invoke(one, "why?")  # type: ignore[arg-type]
    invoke(graph)  # type: ignore[call-arg]
    invoke(graph, 3)  # type: ignore[arg-type]
    invoke(graph, "why?", limits={"model_calls": 3})  # type: ignore[arg-type]


@tool(effect="writes")  # type: ignore[arg-type]
def write(text: str) -> str:
    """Write, with an effect that is none."""
    return text


def values(finding: Finding) -> None:
    """Records have no other fields, and a prompt's name is no variable."""
    finding.answers  # type: ignore[attr-defined]  # noqa: B018
    Project.at(__file__).prompt(name="planner")  # type: ignore[call-arg]

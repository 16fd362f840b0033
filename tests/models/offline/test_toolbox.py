"""Which tool a request asks for."""

import pytest

from stretto.models.offline.toolbox import Role, Tool, by_role, nearest, role_of, suits


def tool(name: str, description: str, **properties: str) -> Tool:
    """A tool with arguments of the types given, all required."""
    schema = {
        "properties": {k: {"type": t} for k, t in properties.items()},
        "required": list(properties),
    }
    return Tool(name, description, schema)


SEARCH = tool("search", "Search the documents.", query="string")
READ = tool("read", "Read a document around a line.", path="string", line="integer")
CALCULATE = tool("calculate", "Work out an arithmetic expression.", expression="string")
FETCH = tool("fetch", "Fetch a web page.", url="string")
WEATHER = tool("get_weather", "Get the weather at a location.", location="string")
WRITE = tool("write_file", "Write text to a file.", path="string", text="string")


@pytest.mark.parametrize(
    ("given", "role"),
    [(SEARCH, "search"), (READ, "read"), (CALCULATE, "calculate"), (FETCH, "fetch"), (WEATHER, "other"), (WRITE, "other"),
     (tool("knowledge_base", "Find articles about a topic.", q="string"), "search"),
     (Tool("Search", "Find.", {"properties": {"query": {}}}, output=True), "other")],
)  # fmt: skip
def test_the_role_of_a_tool_shows(given: Tool, role: Role):
    """In its name, description and arguments; an output has none."""
    assert role_of(given) == role


def test_a_tool_is_meant_when_its_name_is():
    """By its words or as it is written."""
    assert suits(WEATHER, "What is the weather in Paris?") > 0
    assert suits(WRITE, "use write_file on it") == 2
    assert suits(CALCULATE, "call `calculate`") == 2


def test_half_a_name_asks_for_nothing():
    """A question about writing does not write a file."""
    assert suits(WRITE, "When does each mode write a checkpoint?") == 0
    assert suits(WEATHER, "What is a location?") == 0


def test_the_nearest_tool_is_found():
    """By all its words; the first of equals."""
    tools = [SEARCH, WEATHER, WRITE]
    assert nearest(tools, "how is the weather at this location") is WEATHER
    assert nearest(tools, "xyzzy") is SEARCH
    assert by_role(tools, "fetch") is None

"""The effect a tool declares."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.tools import StructuredTool

from stretto.spec.tool import EFFECT_KEY, effect_of, tool


@tool(effect="idempotent")
def double(number: int) -> int:
    """Twice a number."""
    return 2 * number


@tool(effect="fail")
async def pay(amount: int) -> int:
    """Pay."""
    return amount


def test_the_function_stays_what_it_is() -> None:
    """It is only marked."""
    assert double(4) == 8
    assert double.__name__ == "double"
    assert effect_of(double) == "idempotent"


def test_a_tool_made_of_a_function_has_its_effect() -> None:
    """Whether it is a coroutine or not."""
    assert effect_of(StructuredTool.from_function(double)) == "idempotent"
    assert effect_of(StructuredTool.from_function(coroutine=pay, name="pay")) == "fail"


def test_what_is_not_declared_is_asked_about() -> None:
    """As is a word that is no effect."""

    def plain() -> None:
        """Nothing."""

    assert effect_of(plain) == "ask"
    assert effect_of(StructuredTool.from_function(plain)) == "ask"
    assert effect_of(StructuredTool.from_function(plain, metadata={EFFECT_KEY: "nice"})) == "ask"


def test_a_tool_may_declare_it_in_its_metadata() -> None:
    """As tools of MCP servers do."""
    made = StructuredTool.from_function(double, metadata={EFFECT_KEY: "reads"})
    assert effect_of(made) == "reads"


def test_an_unknown_effect_is_refused() -> None:
    """When the module is read, not when the tool is called."""
    effect: Any = "writes"
    with pytest.raises(ValueError, match=r"no effect 'writes'\. Use one of reads, idempotent"):
        tool(effect=effect)


def test_hints_of_an_mcp_tool_and_a_retriever_are_known() -> None:
    """Without a declaration of ours; a declaration counts more."""
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.tools import StructuredTool, create_retriever_tool

    class Nothing(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: object) -> list:  # type: ignore[override, type-arg]
            return []

    assert effect_of(create_retriever_tool(Nothing(), "docs", "Search.")) == "reads"

    def made(**metadata: object) -> StructuredTool:
        return StructuredTool.from_function(
            lambda: "x", name="t", description="d", metadata=metadata
        )

    assert effect_of(made(readOnlyHint=True)) == "reads"
    assert effect_of(made(readOnlyHint=False, idempotentHint=True)) == "idempotent"
    assert effect_of(made(readOnlyHint=False)) == "ask"
    assert effect_of(made(readOnlyHint=True, stretto_effect="fail")) == "fail"

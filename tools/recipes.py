"""Recipes for parts of small features, each with its tests and written into its area alone."""

import asyncio
from typing import Any, Literal

from langchain.tools import ToolRuntime

from stretto import Project, tool
from stretto.errors import InvalidInput

__all__ = ["build_backend", "build_frontend", "build_infrastructure"]

Recipe = Literal["list", "status"]
Runtime = ToolRuntime[Any, dict[str, Any]]


@tool(effect="idempotent")
async def build_backend(recipe: Recipe, name: str, runtime: Runtime) -> list[str]:
    """Build the backend of a feature from a recipe: a route that answers in JSON, and its tests.

    The recipe `list` keeps texts that people write, `status` says whether the application works;
    the name is that of the feature, one lower-case word.
    """
    return await asyncio.to_thread(_built, "backend", recipe, name, runtime)


@tool(effect="idempotent")
async def build_frontend(recipe: Recipe, name: str, runtime: Runtime) -> list[str]:
    """Build the frontend of a feature from a recipe: a page that asks the route, and its tests.

    The recipe `list` shows texts and takes more, `status` shows whether the application works;
    the name is that of the feature, one lower-case word.
    """
    return await asyncio.to_thread(_built, "frontend", recipe, name, runtime)


@tool(effect="idempotent")
async def build_infrastructure(recipe: Recipe, name: str, runtime: Runtime) -> list[str]:
    """Build the infrastructure of a feature from a recipe: configuration, server, tests over HTTP.

    The recipe `list` or `status` is that of the other parts; the name is that of the feature, one
    lower-case word.
    """
    return await asyncio.to_thread(_built, "infrastructure", recipe, name, runtime)


def _built(area: str, recipe: str, name: str, runtime: Any) -> list[str]:
    step = Project.at(__file__).step
    plan = step("feature_rooms.plan_of")(runtime.config)
    if plan["recipe"] == "none":
        raise InvalidInput(f"no recipe fits this feature. Write it with put_{area}.")
    if (recipe, name) != (plan["recipe"], plan["name"]):
        raise InvalidInput(
            f"the parts must fit: the recipe is {plan['recipe']!r} and the name {plan['name']!r}. "
            "Call it again with these."
        )
    files = step("feature_recipes.files_of")(recipe, area, name)
    room = step("feature_rooms.room_of")(runtime.config, area)
    written: list[str] = step("feature_rooms.write")(room, area, files)
    return written

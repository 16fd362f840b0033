"""A model's response as it is stored, and made again from that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langchain.agents.middleware.types import ExtendedModelResponse, ModelResponse
from langchain_core.messages import AIMessage
from pydantic import BaseModel, TypeAdapter

from stretto.journal.values import jsonable

if TYPE_CHECKING:
    from langchain.agents.middleware.types import ModelRequest

_WHOLE = {"text": 1_000_000, "total": 10_000_000}


def flat(response: Any) -> dict[str, Any]:
    """A model's response as it is stored."""
    if isinstance(response, ExtendedModelResponse):
        response = response.model_response
    if isinstance(response, AIMessage):
        return {"result": [response], "structured": None, "type": ""}
    value = response.structured_response
    if isinstance(value, BaseModel):
        plain = value.model_dump(mode="json")
    else:
        plain = jsonable(value, **_WHOLE)
    return {"result": response.result, "structured": plain, "type": type(value).__name__}


def response_of(given: dict[str, Any], request: ModelRequest[Any]) -> ModelResponse[Any]:
    """The response again, its typed output of the type that the agent declares."""
    value = given["structured"]
    if value is not None:
        for kind in _output_types(request.response_format):
            if getattr(kind, "__name__", "") == given["type"]:
                value = TypeAdapter(kind).validate_python(value)
                break
    return ModelResponse(result=list(given["result"]), structured_response=value)


def _output_types(wanted: Any) -> list[Any]:
    specs = getattr(wanted, "schema_specs", None)
    if specs is not None:
        return [spec.schema for spec in specs]
    one = getattr(wanted, "schema_spec", None)
    return [one.schema] if one is not None else [getattr(wanted, "schema", wanted)]

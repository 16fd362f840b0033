"""A chat model from its name."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from stretto.errors import InvalidInput, UnknownName
from stretto.models.errors import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.language_models.chat_models import BaseChatModel

OFFLINE = "offline"
OPENAI_MODEL = "gpt-5-mini"
"""Model of OpenAI that is used when a key is set and no name is."""
TIMEOUT = 120.0
"""Seconds a provider may take for one answer, or for the next piece of a stream."""
RETRIES = 2
"""Times that a failed request is repeated by the provider's client."""


def default_model() -> str:
    """The name of the model that is used when none is given.

    `STRETTO_MODEL`; else `openai:` and `OPENAI_MODEL` when `OPENAI_API_KEY` is set; else `offline`.
    """
    if named := os.environ.get("STRETTO_MODEL", "").strip():
        return named
    if os.environ.get("OPENAI_API_KEY", "").strip():
        return f"openai:{os.environ.get('OPENAI_MODEL', '').strip() or OPENAI_MODEL}"
    return OFFLINE


def chat_model(name: str | None = None, *, retries: int | None = None) -> BaseChatModel:
    """The chat model of a name: `offline`, `openai:NAME`, `provider:NAME`; `None` is the default.

    Nothing is sent: a wrong key or model shows with the first request.

    Args:
        name: The model's.
        retries: Times that the provider's client repeats a failed request by itself; by default
            2 for OpenAI, and what the package of another provider does.

    Raises:
        InvalidInput: The name has no provider or no model, the key is missing, or the package of
            the provider is not installed.
        UnknownName: LangChain knows no provider of that name.
    """
    wanted = (name or default_model()).strip()
    if wanted == OFFLINE:
        from stretto.models.offline import OfflineModel

        return OfflineModel()
    provider, _, model = wanted.partition(":")
    if not model or not provider:
        raise UnknownName("model", wanted, [OFFLINE, "openai:NAME", "PROVIDER:NAME"])
    if provider == "openai":
        return _openai(model, RETRIES if retries is None else retries)
    return _other(provider, model, {} if retries is None else {"max_retries": retries})


def model_name(model: BaseChatModel) -> str:
    """What a model is called by its provider, in prices and in the journal."""
    asked: Any = model
    told = asked._get_ls_params()  # noqa: SLF001 - what LangChain tells the callbacks
    own = getattr(model, "model_name", None) or getattr(model, "model", None)
    return str(told.get("ls_model_name") or own or type(model).__name__)


def _openai(model: str, retries: int) -> BaseChatModel:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    key = os.environ.get("OPENAI_API_KEY", "").strip()
    url = os.environ.get("OPENAI_BASE_URL", "").strip() or None
    if not key and url is None:
        raise InvalidInput(
            f"The model 'openai:{model}' needs a key. "
            "Set OPENAI_API_KEY, or use the model 'offline'."
        )
    return ChatOpenAI(
        model=model,
        api_key=SecretStr(key or "none"),
        base_url=url,
        stream_usage=True,
        timeout=TIMEOUT,
        max_retries=retries,
    )


def _other(provider: str, model: str, how: Mapping[str, Any]) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        made: BaseChatModel = init_chat_model(model, model_provider=provider, **how)
    except ImportError as error:
        package = f"langchain-{provider.replace('_', '-')}"
        raise InvalidInput(
            f"The model '{provider}:{model}' needs its LangChain package. "
            f"Run: pip install {package}"
        ) from error
    except ValueError as error:
        known = re.findall(r"\w+", str(error).rpartition("are:")[2])
        if provider not in known and known:
            raise UnknownName("model provider", provider, [OFFLINE, *known]) from error
        raise _unusable(provider, model, error) from error
    except Exception as error:
        raise _unusable(provider, model, error) from error
    return made


def _unusable(provider: str, model: str, error: Exception) -> InvalidInput:
    return InvalidInput(
        f"The model '{provider}:{model}' cannot be set up: {shortened(error)}. "
        "Set what its provider asks for, or use the model 'offline'."
    )

"""Models by name."""

import socket

import pytest

from stretto.errors import InvalidInput, UnknownName
from stretto.models import chat_model, default_model
from stretto.models.names import OPENAI_MODEL, model_name
from stretto.models.offline import OfflineModel
from stretto.testing import ScriptedModel


def test_without_a_key_the_model_is_offline():
    """The first run needs nothing."""
    assert default_model() == "offline"
    assert isinstance(chat_model(), OfflineModel)


def test_a_key_or_a_name_in_the_environment_decides(monkeypatch: pytest.MonkeyPatch):
    """The name before the key."""
    monkeypatch.delenv("OPENAI_MODEL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert default_model() == f"openai:{OPENAI_MODEL}"
    monkeypatch.setenv("OPENAI_MODEL", "gpt-other")
    assert default_model() == "openai:gpt-other"
    monkeypatch.setenv("STRETTO_MODEL", "offline")
    assert default_model() == "offline"


def test_openai_is_set_up_without_the_network(monkeypatch: pytest.MonkeyPatch):
    """With the base URL of the environment and figures of use in streams."""

    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    model = chat_model("openai:gpt-x")
    assert model.model_name == "gpt-x"
    assert model.openai_api_base == "http://127.0.0.1:1/v1"
    assert model.stream_usage is True


def test_models_are_named_as_the_journal_names_them(monkeypatch: pytest.MonkeyPatch):
    """By their provider's name; one that has none by its class."""
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert model_name(chat_model("openai:gpt-x")) == "gpt-x"
    assert model_name(chat_model("offline")) == "offline"
    assert model_name(ScriptedModel([])) == "ScriptedModel"


def test_openai_without_a_key_says_what_to_set():
    """Unless a server of one's own is named, which may need none."""
    with pytest.raises(InvalidInput, match="Set OPENAI_API_KEY"):
        chat_model("openai:gpt-x")


def test_a_server_of_ones_own_needs_no_key(monkeypatch: pytest.MonkeyPatch):
    """Many compatible servers take any."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    assert chat_model("openai:local")


def test_a_provider_that_is_not_installed_names_its_package():
    """So that one can install it."""
    with pytest.raises(InvalidInput, match="pip install langchain-cohere"):
        chat_model("cohere:command")


@pytest.mark.parametrize("name", ["gpt-5", "nonsense", ":x", "openai:", "nosuchprovider:x"])
def test_a_name_that_leads_nowhere_is_refused(name: str):
    """With the known ones."""
    with pytest.raises(UnknownName):
        chat_model(name)

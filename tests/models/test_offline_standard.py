"""LangChain's own tests for chat models, run against the offline model."""

import socket

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from stretto.models.offline import OfflineModel


class TestOfflineUnit(ChatModelUnitTests):
    """The unit tests."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        """The model under test."""
        return OfflineModel


class TestOfflineIntegration(ChatModelIntegrationTests):
    """The integration tests; nothing leaves the process."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        """The model under test."""
        return OfflineModel

    @property
    def supports_json_mode(self) -> bool:
        """`with_structured_output(method="json_mode")` works."""
        return True

    @property
    def supports_model_override(self) -> bool:
        """`invoke(..., model=NAME)` is reported."""
        return True

    @property
    def model_override_value(self) -> str | None:
        """The name that is reported."""
        return "offline-other"

    @property
    def has_tool_choice(self) -> bool:
        """Tools can be forced."""
        return True

    @pytest.fixture(autouse=True)
    def _no_network(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Fail on any connection."""

        def refuse(*_: object) -> None:
            raise AssertionError("the offline model opened a connection")

        monkeypatch.setattr(socket.socket, "connect", refuse)

"""Provider exceptions told as ours."""

import httpx
import pytest
from langchain_core import exceptions as lc
from langchain_core.tools import tool

from stretto.errors import ModelRefused, ModelUnavailable, StrettoError
from stretto.models.errors import provider_error, shortened


class Failed(lc.ModelError):
    """What a provider's package raises: a status and a body."""

    def __init__(self, status: int, message: str) -> None:
        self.status_code, self.body = status, {"error": {"message": message}}
        super().__init__(f"Error code: {status} - {self.body}")


@pytest.mark.parametrize(
    ("status", "kind", "remedy"),
    [
        (400, ModelRefused, "model's name"),
        (401, ModelRefused, "Check OPENAI_API_KEY"),
        (403, ModelRefused, "OPENAI_API_KEY is allowed"),
        (404, ModelRefused, "Check the model's name and OPENAI_BASE_URL"),
        (413, ModelRefused, "new thread"),
        (422, ModelRefused, "model's name"),
        (408, ModelUnavailable, "stretto resume THREAD"),
        (429, ModelUnavailable, "--model offline"),
        (500, ModelUnavailable, "stretto resume THREAD"),
        (503, ModelUnavailable, "Try again later"),
    ],
)
def test_a_status_says_which_it_is(status: int, kind: type[StrettoError], remedy: str):
    """With the provider's own words and what to do."""
    error = provider_error(Failed(status, "the provider's words"))
    assert type(error) is kind
    assert "the provider's words" in str(error)
    assert remedy in str(error)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (lc.ModelAuthenticationError("x"), ModelRefused),
        (lc.ModelNotFoundError("x"), ModelRefused),
        (lc.ContextOverflowError("x"), ModelRefused),
        (lc.ModelRateLimitError("x"), ModelUnavailable),
        (lc.ModelTimeoutError("x"), ModelUnavailable),
        (lc.ModelConnectionError("x"), ModelUnavailable),
        (httpx.ReadTimeout("x"), ModelUnavailable),
        (httpx.ConnectError("x"), ModelUnavailable),
    ],
)
def test_classes_say_it_without_a_status(raised: Exception, kind: type[StrettoError]):
    """LangChain's own, and those of the transport."""
    assert type(provider_error(raised)) is kind


def test_causes_contexts_and_groups_are_searched():
    """However deep the provider's failure lies."""
    deep = RuntimeError("node failed")
    deep.__cause__ = ExceptionGroup("several", [ValueError("x"), Failed(401, "bad key")])
    assert isinstance(provider_error(deep), ModelRefused)
    looped = RuntimeError("a")
    looped.__context__ = looped
    assert provider_error(looped) is None


def test_ours_is_given_back():
    """It has been told already."""
    ours = ModelUnavailable("gone")
    assert provider_error(ours) is ours


def test_what_a_tool_raises_is_not_the_providers():
    """Tools use the same transport, and Python's exceptions are anyone's."""

    @tool
    def fetch(url: str) -> str:
        """Fetch a page."""
        raise httpx.ConnectError("no route")

    with pytest.raises(httpx.ConnectError) as caught:
        fetch.invoke({"url": "http://x"})
    assert provider_error(caught.value) is None
    assert provider_error(ValueError("x")) is None
    assert provider_error(TimeoutError("x")) is None


def test_keys_are_left_out_and_texts_are_short():
    """Whatever the provider repeats."""
    said = shortened(Failed(401, "Incorrect API key provided: sk-abcdef123456. " + "word " * 200))
    assert "sk-abc" not in said
    assert len(said) < 320

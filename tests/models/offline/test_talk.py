"""Small talk and what is not."""

import pytest

from stretto.models.offline.talk import small_talk


@pytest.mark.parametrize(
    "text",
    [
        "Hi",
        "Hello there!",
        "Good morning everyone. How are you?",
        "thanks for your help",
        "Thanks a lot! Bye.",
        "who are you?",
        "What can you do?",
        "ok, great",
        "  HEY!! ",
    ],
)
def test_small_talk_has_a_fixed_reply(text: str):
    """Greetings, thanks, goodbyes and questions about the model need no work."""
    assert small_talk(text)
    assert small_talk(text) == small_talk(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello, what is a checkpoint?",
        "hello world in python",
        "Help me fix a checkpoint",
        "what are you doing with interrupts?",
        "Thanks. And why does it stop?",
        "no checkpointer is set",
        "good checkpointers",
    ],
)
def test_a_question_after_a_greeting_is_work(text: str):
    """What asks for something is not small talk, however friendly."""
    assert small_talk(text) == ""


def test_the_model_says_what_it_is():
    """It never pretends to be a language model."""
    assert "no language model" in small_talk("who are you?")

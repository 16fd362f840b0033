"""Small talk: what needs no work, and the fixed replies to it."""

from __future__ import annotations

import re

_ABOUT = (
    "I am Stretto's offline model: no language model, but rules that pick tools by their "
    "descriptions and quote sources word for word. Ask about the documents I can search, or set "
    "OPENAI_API_KEY for a model that writes."
)
_WELCOME = "You are welcome. Ask on whenever you like."
_HELLO = "Hello. What would you like to know?"
_READY = "Ready to work. What would you like to know?"
_GOOD = "Good. Ask on whenever you like."
_GOODBYE = "Goodbye."

_REPLIES = {
    r"(?:good )?(?:bye|goodbye|night)|see you(?: later| soon)?|farewell|ciao": _GOODBYE,
    r"that(?:'s| is) all": _GOODBYE,
    r"(?:many )?(?:thanks?|thx|cheers)(?: you| a lot| so much| very much| again)*": _WELCOME,
    r"for (?:the|your) (?:help|answers?)": _WELCOME,
    r"who are you|what are you|what(?:'s| is) your name|are you (?:a|an) .{1,30}": _ABOUT,
    r"what can you do(?: for me)?|how can you help(?: me)?": _ABOUT,
    r"what do you do|how do you work|help(?: me)?": _ABOUT,
    r"how are you(?: doing)?(?: today)?|how(?:'s| is) it going|what'?s up": _READY,
    r"hi|hello|hey|hiya|howdy|yo|greetings|nice to meet you": _HELLO,
    r"good (?:morning|afternoon|evening|day)": _HELLO,
    r"(?:that(?:'s| is| was) )?(?:ok|okay|great|nice|cool|perfect|good|fine|super)": _GOOD,
    r"(?:that(?:'s| is| was) )?(?:awesome|well done|alright|all right)": _GOOD,
    r"got it|i see|understood|yes|no|no problem|never ?mind": _GOOD,
}
_FILLER = (
    r"(?:[\s,.!?;:)(-]|\b(?:there|everyone|all|so|very|much|well|then|now|please|today|again"
    r"|friend|stretto)\b)*"
)
_START = re.compile(rf"^{_FILLER}", re.IGNORECASE)
_ENDING = re.compile(rf"{_FILLER}(?:$|[,.!?;]|for\b)|{_FILLER}$", re.IGNORECASE)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), say) for pattern, say in _REPLIES.items())
_SENTENCES = 4


def small_talk(text: str) -> str:
    """The reply to a greeting, thanks, a goodbye or a question about the model; else empty.

    A message that greets and then asks something is not small talk.
    """
    rest, reply = _START.sub("", text.strip()), ""
    for _ in range(_SENTENCES):
        if not rest:
            break
        length, say = _said(rest)
        if not length:
            return ""
        reply = reply if reply == _ABOUT else say
        rest = _START.sub("", rest[length:])
    return "" if rest else reply


def _said(text: str) -> tuple[int, str]:
    """How much of a text is one piece of small talk, 0 when none is, and the reply to it."""
    for pattern, reply in _PATTERNS:
        match = pattern.match(text)
        if match and _ENDING.match(text[match.end() :]):
            return match.end(), reply
    return 0, ""

"""What a classifier sees of a text: its words, their pairs, and pieces of words."""

from __future__ import annotations

import re
import unicodedata

SHORTEST, LONGEST_PIECE = 2, 5
"""Characters of a piece of a word."""
APART = 8
"""Words that lie at most so far apart are a pair."""
READ = 20_000
"""Characters of a text that are looked at; what follows changes no decision."""
WORD, PIECE = "w", "c"
"""What a term begins with: words and their pairs, or pieces."""
_WORDS = re.compile(r"\w+")


def words_and_pieces(text: str) -> tuple[dict[str, int], dict[str, int]]:
    """How often each term is in a text: words and their pairs, then pieces of 2 to 5 characters.

    Neighbours are a pair in their order; words up to eight apart are one in any order, which
    counts once. Pieces do not cross spaces; a space stands at both ends of each word (`char_wb` in
    scikit-learn). Case and the ways to write one character make no difference.
    """
    said = unicodedata.normalize("NFKC", text[:READ]).casefold()
    found = _WORDS.findall(said)
    words: dict[str, int] = {}
    for at, word in enumerate(found):
        words[WORD + word] = words.get(WORD + word, 0) + 1
        if at:
            pair = f"{WORD}{found[at - 1]} {word}"
            words[pair] = words.get(pair, 0) + 1
        for other in found[at + 1 : at + 1 + APART]:
            if other != word:
                words[f"{WORD}{min(word, other)} & {max(word, other)}"] = 1
    pieces: dict[str, int] = {}
    for word in said.split():
        for piece in _pieces(f" {word} "):
            pieces[piece] = pieces.get(piece, 0) + 1
    return words, pieces


def _pieces(word: str) -> list[str]:
    length = len(word)
    found = [
        PIECE + word[at : at + size]
        for size in range(SHORTEST, min(LONGEST_PIECE, length - 1) + 1)
        for at in range(length - size + 1)
    ]
    if length <= LONGEST_PIECE:
        found.append(PIECE + word)
    return found


def key(text: str) -> str:
    """What two texts have in common that are the same for a classifier."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())

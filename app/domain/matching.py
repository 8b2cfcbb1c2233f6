"""Finding names by some of their letters: ``ncv`` finds *New conversation*.

A query is words that all have to be found, in any order. A word is found where its letters stand in
this order; letters that begin words and letters that stand together count more. Case and accents
make no difference.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache
from heapq import nlargest
from typing import Final

_WHOLE, _WHOLE_AT_START, _WHOLE_FIRST = 8, 8, 16
_LETTER, _BEGINS_WORD, _ADJACENT = 4, 6, 5
_WEAK: Final = 4
"""Points per letter that scattered letters have to come to, or they were found by chance."""
_LENGTH_PER_POINT: Final = 16


def folded(text: str) -> str:
    """`text` as it is compared: as many characters, without case and accents."""
    return text.lower() if text.isascii() else "".join(map(_folded, text))


@cache
def _folded(character: str) -> str:
    bare = unicodedata.normalize("NFKD", character)[0].lower()
    return bare if len(bare) == 1 else character


def words_of(query: str) -> tuple[str, ...]:
    """The words of a query, folded."""
    return tuple(folded(query).split())


def positions(words: Sequence[str], text: str) -> frozenset[int] | None:
    """Which characters of `text`, folded, the words were found in; ``None`` where they were not."""
    found: set[int] = set()
    for word in words:
        at = _places(word, text)
        if at is None:
            return None
        found.update(at)
    return frozenset(found)


def score(words: Sequence[str], text: str) -> int | None:
    """How well `text`, folded, fits; 0 or less for a match by chance, ``None`` for none at all.

    Whatever fits a query fits its beginning.
    """
    total = 0
    for word in words:
        points = _points(word, text)
        if points is None:
            return None
        total += points
    return max(total - len(text) // _LENGTH_PER_POINT, 1) if total > 0 else total


def _points(word: str, text: str) -> int | None:
    at = text.find(word)
    if at < 0:
        return _scattered_points(word, text)
    begins = _at_word(word, text, at)
    if begins is None:
        return _WHOLE * len(word)
    first = _WHOLE_FIRST if begins == 0 else 0
    return (_WHOLE + _WHOLE_AT_START) * len(word) + _WHOLE_AT_START + first


def _scattered_points(word: str, text: str) -> int | None:
    places = _scattered(word, text)
    if places is None:
        return None
    points = 0
    before = None
    for at in places:
        points += _LETTER
        if before is not None and at == before + 1:
            points += _ADJACENT
        elif _begins_word(text, at):
            points += _BEGINS_WORD
        elif before is not None:
            points -= at - before - 1
        before = at
    return points if points >= _WEAK * len(word) else -1_000_000


def _places(word: str, text: str) -> Sequence[int] | None:
    at = text.find(word)
    if at < 0:
        return _scattered(word, text)
    begins = _at_word(word, text, at)
    start = at if begins is None else begins
    return range(start, start + len(word))


def _at_word(word: str, text: str, at: int) -> int | None:
    """Where `word`, which stands at `at`, first begins a word of the text."""
    while at >= 0:
        if _begins_word(text, at):
            return at
        at = text.find(word, at + 1)
    return None


def _scattered(word: str, text: str) -> list[int] | None:
    """Where its letters stand, as close together as they come from the first place on that will
    do; initials where all of them are to be had."""
    initials = _initials(word, text)
    if initials is not None:
        return initials
    at = -1
    for letter in word:
        at = text.find(letter, at + 1)
        if at < 0:
            return None
    # From its end back: what stands closer together is what was meant.
    places = [at]
    for letter in reversed(word[:-1]):
        at = text.rfind(letter, 0, at)
        places.append(at)
    places.reverse()
    return places


def _initials(word: str, text: str) -> list[int] | None:
    at, places = -1, []
    for letter in word:
        at = text.find(letter, at + 1)
        while at >= 0 and not _begins_word(text, at):
            at = text.find(letter, at + 1)
        if at < 0:
            return None
        places.append(at)
    return places


def _begins_word(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum()


class Finder:
    """Looks through many texts a slice at a time, so that nobody waits for it.

    A query that goes on from the one before looks through what that one has found only.
    """

    def __init__(self, texts: Sequence[str] = ()) -> None:
        self._texts: list[str] = []
        self._words: tuple[str, ...] = ()
        self._left: Sequence[int] = ()
        self._at = 0
        self._found: dict[int, int] = {}
        self._passed: list[int] = []
        self.add(texts)

    def __len__(self) -> int:
        return len(self._texts)

    def add(self, texts: Sequence[str]) -> None:
        """More to look through; the search begins anew."""
        self._texts += [folded(text) for text in texts]
        self._begin(self._words, range(len(self._texts)))

    def begin(self, query: str) -> None:
        """Look for `query` from now on."""
        words = words_of(query)
        is_done = self._at >= len(self._left)
        goes_on = is_done and bool(self._words) and _goes_on(self._words, words)
        self._begin(words, self._passed if goes_on else range(len(self._texts)))

    def step(self, count: int) -> bool:
        """Look at so many more; whether some are left."""
        words, texts = self._words, self._texts
        end = min(self._at + count, len(self._left))
        for place in range(self._at, end):
            index = self._left[place]
            points = score(words, texts[index])
            if points is not None:
                self._passed.append(index)
                if points > 0:
                    self._found[index] = points
        self._at = end
        return end < len(self._left)

    def best(self, count: int) -> list[tuple[int, int]]:
        """Index and points of those that fit best so far; of equal ones, those that came first."""
        return nlargest(count, self._found.items(), key=lambda item: (item[1], -item[0]))

    def _begin(self, words: tuple[str, ...], left: Sequence[int]) -> None:
        self._words, self._left, self._at = words, left, 0
        self._found, self._passed = {}, []


def _goes_on(before: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return len(words) >= len(before) and all(
        word.startswith(one) for one, word in zip(before, words, strict=False)
    )

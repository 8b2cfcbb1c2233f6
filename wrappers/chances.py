"""A distribution over a vocabulary as the tokens that a user is told of (pure)."""

from collections.abc import Callable, Iterable
from typing import Any

from wrappers.base import WrapperError
from wrappers.contract import NextTokens, Token, TokenChance


def check_tokens(request: NextTokens, vocabulary: int) -> None:
    """Raises `WrapperError` for a token that the model does not have, which an engine may well
    read as whatever lies in memory there."""
    for one in (*request.continuation, *request.also):
        if not 0 <= one < vocabulary:
            raise WrapperError(
                "usage",
                f"There is no token {one} in this model's vocabulary of {vocabulary:,}.",
                "Ask with tokens that this very model has read or written.",
            )


def chances(
    request: NextTokens,
    probabilities: Any,
    sampled: Any,
    tokens_of: Callable[[Iterable[int]], tuple[Token, ...]],
) -> tuple[TokenChance, ...]:
    """The tokens that `request` asks for, most likely first; of equal ones the first by its id.

    `probabilities` and `sampled` are arrays over the vocabulary, the latter ``None`` where it is
    not known.
    """
    order = (-probabilities).argsort(kind="stable").tolist()
    wanted = {*order[: max(request.count, 0)], *request.also}
    ids = [one for one in order if one in wanted]
    return tuple(
        TokenChance(
            token,
            float(probabilities[token.id]),
            None if sampled is None else float(sampled[token.id]),
        )
        for token in tokens_of(ids)
    )

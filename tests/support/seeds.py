"""Chance that can be had again: every run has its own, and says which."""

import os
import random
from typing import Final

SEED: Final = os.environ.get("PARLEY_TEST_SEED") or str(random.SystemRandom().randrange(10**6))
"""Of this run; ``PARLEY_TEST_SEED`` repeats another."""


def chance_of(*what: object) -> random.Random:
    """Says how to have it again, which pytest shows of a test that fails."""
    print(f"PARLEY_TEST_SEED={SEED}")  # noqa: T201 - for whoever reads of the failure
    return random.Random(f"{SEED} {what}")  # noqa: S311 - nothing secret

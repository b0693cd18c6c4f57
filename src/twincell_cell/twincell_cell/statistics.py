"""Figures of a series of episodes."""

from __future__ import annotations

import math
from collections.abc import Sequence

# Two-sided 95 % quantile of the normal distribution.
_Z95 = 1.959963984540054


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a success rate (E. B. Wilson, JASA 22, 1927). (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    rate = successes / trials
    z2 = _Z95**2
    centre = (rate + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z95 / (1 + z2 / trials) * math.sqrt(rate * (1 - rate) / trials + z2 / (4 * trials**2))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def quantile(values: Sequence[float], fraction: float) -> float | None:
    """Quantile with linear interpolation, ignoring values that are not finite; None when none is left."""
    kept = sorted(value for value in values if math.isfinite(value))
    if not kept:
        return None
    place = fraction * (len(kept) - 1)
    low = math.floor(place)
    high = math.ceil(place)
    return kept[low] + (kept[high] - kept[low]) * (place - low)

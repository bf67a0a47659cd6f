"""Judging by pairs: base and change run one after the other, so that a slow minute hits both.

Only ratios inside a pair are used, and of these the median, so that single disturbed runs do not
count. A regression needs two things: the median at or above the limit, and so many pairs on that
side that chance is no explanation (lower bound of the median's 95 % confidence interval).
"""

import math
from dataclasses import dataclass, field

STOP_WITHIN = 0.02  # a median this near to 1 needs no more pairs


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def median_lower_bound(values):
    """The value below which the true median lies with at most 2.5 % probability; the least value if there are few."""
    ordered = sorted(values)
    below = 0.0
    rank = 0
    for rank in range(len(ordered)):
        below += math.comb(len(ordered), rank) / 2 ** len(ordered)
        if below > 0.025:
            break
    return ordered[rank - 1] if rank else ordered[0]


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


@dataclass
class Series:
    """The pair ratios (change / base) of one benchmark."""

    name: str
    ratios: list = field(default_factory=list)

    @property
    def median(self):
        return median(self.ratios)

    def is_settled(self):
        return abs(self.median - 1) <= STOP_WITHIN

    def is_regression(self, limit):
        """limit: 0.10 means ten percent slower."""
        return bool(self.ratios) and self.median >= 1 + limit and median_lower_bound(self.ratios) > 1 + limit / 4

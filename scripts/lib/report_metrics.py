"""What scripts/report compares, how a change is computed and when it is good enough. Pure."""

from dataclasses import dataclass
from typing import Optional

from pairs import median, median_lower_bound

FLAT_WITHIN = 0.01  # "flat": the size of an index moves this much with what was merged when


@dataclass(frozen=True)
class Metric:
    """One row of the comparison. `change_max` is the acceptance line: the change may be at most this (-0.5: half)."""

    key: str
    title: str
    unit: str
    change_max: Optional[float] = None
    wanted: str = ""


METRICS = (
    Metric("node_start_s", "node, start to its tip", "s"),
    Metric("sync_s", "sync, from nothing to the first answer at the tip", "s"),
    Metric("start_s", "start-up on the finished index, to the first answer", "s"),
    Metric("peak_mib", "memory, peak", "MiB"),
    Metric("steady_mib", "memory, steady while serving", "MiB", -0.50, "-50 %"),
    Metric("sync_cpu_percent", "CPU while syncing, of one core", "%", -0.25, "-25 %"),
    Metric("sync_cpu_s", "processor time of the sync", "s"),
    Metric("serve_cpu_percent", "CPU while serving, of one core", "%", -0.25, "-25 %"),
    Metric("request_cpu_us", "processor time of a request while serving", "us"),
    Metric("index_mib", "index on disk", "MiB", FLAT_WITHIN, "-10 % or flat"),
    Metric("write_amplification", "written to storage by the sync, of the index", "times"),
    Metric("mempool_load_s", "mempool filled, until a payment behind it is told", "s"),
    Metric("mempool_ms", "mempool refresh, from a payment among others to the client's notice", "ms", -0.20, "-20 %"),
)
LATENCY_CHANGE_MAX = 0.05


@dataclass(frozen=True)
class Change:
    """Against the baseline: a ratio, and where it surely lies by the rounds' own ratios (pairs.py)."""

    ratio: float
    least: float
    most: float
    change_max: Optional[float]  # the acceptance line, if there is one

    @property
    def verdict(self):
        if self.change_max is None:
            return ""
        if self.most - 1 <= self.change_max:
            return "met"
        return "not met" if self.least - 1 > self.change_max else "unclear"

    def __str__(self):
        text = f"{100 * (self.ratio - 1):+.1f} %"
        if self.verdict == "unclear":
            return f"{text} ({100 * (self.least - 1):+.1f} to {100 * (self.most - 1):+.1f}), unclear"
        return f"{text}, {self.verdict}" if self.verdict else text


def values_of(rounds, key):
    """The values of a metric in the rounds that have one."""
    return [one[key] for one in rounds if one.get(key) is not None]


def change_of(baseline, other, key, change_max):
    """Median of the ratios of the rounds that have both, so that a slow minute hits both sides; None without any."""
    ratios = [b[key] / a[key] for a, b in zip(baseline, other) if a.get(key) and b.get(key) is not None]
    if not ratios:
        return None
    return Change(median(ratios), median_lower_bound(ratios), -median_lower_bound([-ratio for ratio in ratios]), change_max)


def percentile(values, share):
    """The least value that is not below `share` of all (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def latency_figures(seconds):
    """Microseconds."""
    return {"avg_us": 1e6 * sum(seconds) / len(seconds), "p50_us": 1e6 * percentile(seconds, 50), "p95_us": 1e6 * percentile(seconds, 95)}

"""Markdown of scripts/report from its raw data. Pure."""

from pairs import median
from report_metrics import LATENCY_CHANGE_MAX, METRICS, change_of, values_of

NOT_MEASURED, NOT_ANSWERED = "not measured", "not answered"


def number(value):
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def middle_and_spread(values):
    """The median, and with several values the least and the largest."""
    if not values:
        return NOT_MEASURED
    text = number(median(values))
    return text if len(values) == 1 else f"{text} ({number(min(values))} to {number(max(values))})"


def row(cells):
    return "| " + " | ".join(cells) + " |"


def table(head, rows):
    return "\n".join([row(head), row(["---"] * len(head)), *map(row, rows)])


def compared(names, cell, change):
    """The baseline's cell, then each other's cell and change: change(name) is a Change or None."""
    cells = [cell(names[0])]
    for name in names[1:]:
        cells += [cell(name), str(change(name) or "")]
    return cells


def head_of(names, *, first, last):
    return [first, names[0], *(text for name in names[1:] for text in (name, "change")), *last]


def comparison(rounds_of):
    """rounds_of: {configuration: [values by metric, one a round]}, the baseline first."""
    names = list(rounds_of)
    rows = []
    for metric in METRICS:
        rows.append([f"{metric.title}, {metric.unit}",
                     *compared(names, lambda name: middle_and_spread(values_of(rounds_of[name], metric.key)),
                               lambda name: change_of(rounds_of[names[0]], rounds_of[name], metric.key, metric.change_max)),
                     metric.wanted])
    return table(head_of(names, first="", last=["wanted"]), rows)


def latency_of(rounds, method):
    """The figures of a method in the rounds that have them; None where the server did not answer it."""
    found = [one["latency"][method] for one in rounds if method in one.get("latency", {})]
    if any(figures is None for figures in found):
        return None
    return found


def latency_cell(rounds, method):
    found = latency_of(rounds, method)
    if found is None:
        return NOT_ANSWERED
    if not found:
        return NOT_MEASURED
    return " / ".join(number(median(values_of(found, key))) for key in ("avg_us", "p50_us", "p95_us"))


def latencies(rounds_of, methods):
    names = list(rounds_of)

    def change(name, method):
        sides = latency_of(rounds_of[names[0]], method), latency_of(rounds_of[name], method)
        return change_of(*sides, "p50_us", LATENCY_CHANGE_MAX) if all(sides) else None

    rows = [[f"`{method}`", *compared(names, lambda name: latency_cell(rounds_of[name], method), lambda name: change(name, method)),
             "within 5 %"] for method in methods]
    return table(head_of(names, first="avg / p50 / p95, us", last=["wanted, of p50"]), rows)


def document(raw):
    """The whole report."""
    workload, rounds_of = raw["workload"], raw["rounds"]
    lines = ["# Comparison", "",
             f"Chain: {workload['blocks']} blocks of about {workload['txs_per_block']} transactions, {workload['chain_mib']:.1f} MiB of block files. "
             f"{workload['rounds']} rounds, each configuration once a round, the order swapped each time. Machine: {raw['machine']['cores']} cores, "
             f"load {raw['machine']['load_begin']:.1f} at the beginning and {raw['machine']['load_end']:.1f} at the end.", "",
             f"Figures are medians of the rounds (least to largest); a change is the median of the rounds' own ratios to `{next(iter(rounds_of))}`. "
             "It is unclear whether a line is met where the rounds do not agree: more rounds say more.", ""]
    lines += [f"- `{name}`: {text}" for name, text in raw["configurations"].items()]
    lines += ["", comparison(rounds_of), "",
              f"While serving, a client asks {workload['rate']:g} requests a second: tip, headers and balances in turn. Memory is resident memory of the server "
              f"and its children. The mempool is filled with {workload['mempool']} transactions; each payment comes behind {workload['changes']} others.", "", "## Latency", "",
              f"One connection, one request in flight, {workload['requests']} requests a method and round. The measuring client's own cost is in all figures alike. "
              "Faster counts as met.", "", latencies(rounds_of, raw["methods"]), ""]
    slow = [f"- `{name}` answered {number(median(values_of(rounds, 'served_share')) * 100)} % of what was asked: its CPU is that of less work."
            for name, rounds in rounds_of.items() if values_of(rounds, "served_share") and median(values_of(rounds, "served_share")) < 0.95]
    lines += [*slow, ""] if slow else []
    failures = sorted({f"- `{name}`: `{method}`: {text}" for name, rounds in rounds_of.items() for one in rounds
                       for method, text in one.get("refusals", {}).items()})
    if failures:
        lines += ["Not answered, in the servers' words:", "", *failures, ""]
    return "\n".join(lines)

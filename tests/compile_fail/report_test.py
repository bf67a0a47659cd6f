"""The arithmetic, the tables and the configurations of scripts/report."""

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "scripts" / "lib"), str(Path(__file__).resolve().parents[1] / "support")]
from report_configuration import ConfigurationError, parse, parse_all  # noqa: E402  (the path comes first)
from report_electrum import calls_of  # noqa: E402
from report_metrics import METRICS, change_of, latency_figures, percentile  # noqa: E402
from report_tables import comparison, document, latencies, middle_and_spread  # noqa: E402
from report_workload import sample_of  # noqa: E402

LINES = {metric.key: metric.change_max for metric in METRICS}


def change(before, after, change_max=None):
    """What the change of a metric x is called; a value None was not measured."""
    rounds = [[{} if value is None else {"x": value} for value in values] for values in (before, after)]
    return str(change_of(*rounds, "x", change_max))


def at_the_line(key, factor):
    return change([100.0], [100.0 * factor], LINES[key]).rpartition(", ")[2]


def refusal(*texts):
    try:
        parse_all(texts)
    except ConfigurationError as failure:
        return str(failure)
    return ""


def refusal_of_file(text):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "one.toml"
        path.write_text(text, encoding="utf-8")
        return refusal(str(path))


def cells(markdown, first):
    """Of the row that begins with this cell."""
    return next(row for row in ([cell.strip() for cell in line.strip("|").split("|")] for line in markdown.splitlines()) if row[0].startswith(first))


def push(data):
    return bytes([len(data)]) + data


TOKEN, WANT, COIN_HASH = bytes(range(32)), bytes(range(32, 64)), bytes(range(64, 96))
OFFER_HEAD = b"\x6a\x04RSWP"
OFFERS = b"".join([
    OFFER_HEAD + b"\x01\x01\x01\x01" + push(TOKEN) + push(COIN_HASH) + b"\x00\x00\x00",
    OFFER_HEAD + b"\x01\x02\x01\x00\x01\x02\x01\x01" + push(TOKEN) + push(COIN_HASH) + b"\x00\x00\x00",
    OFFER_HEAD + b"\x01\x02\x01\x01\x01\x02\x01\x01" + push(TOKEN) + push(WANT) + push(COIN_HASH) + b"\x00\x00\x00",
])
SCRIPT = b"\x76\xa9\x14" + bytes(20) + b"\x88\xac"
SAMPLE = sample_of(b"\x19" + SCRIPT + OFFERS + b"\x19" + SCRIPT, 110)

LATENCY = {"avg_us": 20.0, "p50_us": 10.0, "p95_us": 40.0}
SLOWER = {"avg_us": 30.0, "p50_us": 12.0, "p95_us": 50.0}
ROUNDS = {
    "base": [{"steady_mib": 100.0, "index_mib": 10.0, "latency": {"a": LATENCY, "b": LATENCY}}, {"steady_mib": 120.0, "latency": {"a": LATENCY, "b": LATENCY}}],
    "other": [{"steady_mib": 40.0, "index_mib": 10.05, "latency": {"a": SLOWER, "b": None}}, {"steady_mib": 50.0, "latency": {"a": SLOWER, "b": None}}],
}
LATENCIES = latencies(ROUNDS, ["a", "b", "c"])
RAW = {"configurations": {"base": "`x`", "other": "`y`"}, "rounds": ROUNDS, "methods": ["a", "b"], "machine": {"cores": 2, "load_begin": 0.5, "load_end": 1},
       "workload": {"blocks": 1, "txs_per_block": 2, "chain_mib": 3, "rounds": 2, "rate": 100, "requests": 5, "mempool": 6, "changes": 7}}

CHECKS = [
    ("percentiles by nearest rank", lambda: [percentile([3, 1, 2, 4], share) for share in (50, 95, 25)] == [2, 4, 1]),
    ("of one value", lambda: percentile([7], 95) == 7),
    ("latency in microseconds", lambda: {k: round(v) for k, v in latency_figures([1e-6] * 9 + [11e-6]).items()} == {"avg_us": 2, "p50_us": 1, "p95_us": 11}),
    ("change: the median of the rounds' ratios", lambda: change([100.0, 200.0, 1.0], [50.0, 100.0, 9.0]) == "-50.0 %"),
    ("rounds without both values do not count", lambda: change([100.0, None, 100.0], [80.0, 1.0, None]) == "-20.0 %"),
    ("nor does a baseline of zero", lambda: change([0.0], [80.0]) == "None"),
    ("memory: half is met", lambda: at_the_line("steady_mib", 0.5) == "met"),
    ("a little more is not", lambda: at_the_line("steady_mib", 0.502) == "not met"),
    ("size: flat is met", lambda: at_the_line("index_mib", 1.005) == "met"),
    ("2 % more is not", lambda: at_the_line("index_mib", 1.02) == "not met"),
    ("mempool refresh", lambda: (at_the_line("mempool_ms", 0.79), at_the_line("mempool_ms", 0.81)) == ("met", "not met")),
    ("CPU", lambda: (at_the_line("sync_cpu_percent", 0.74), at_the_line("serve_cpu_percent", 0.76)) == ("met", "not met")),
    ("rounds that disagree leave it open", lambda: change([1.0, 1.0, 1.0], [0.9, 1.02, 1.2], 0.05) == "+2.0 % (-10.0 to +20.0), unclear"),
    ("one of ten that disagrees does not", lambda: change([1.0] * 10, [1.02] * 9 + [1.2], 0.05) == "+2.0 %, met"),
    ("no verdict without a line", lambda: change([1.0], [2.0], LINES["sync_s"]) == "+100.0 %"),
    ("spread", lambda: middle_and_spread([3.0, 1.0, 2.0]) == "2 (1 to 3)"),
    ("one value has none", lambda: middle_and_spread([1234.5]) == "1,234" and middle_and_spread([]) == "not measured"),
    ("a row of the comparison", lambda: cells(comparison(ROUNDS), "memory, steady")[1:] == ["110.0 (100.0 to 120.0)", "45.0 (40.0 to 50.0)", "-59.2 %, met", "-50 %"]),
    ("what nobody measured", lambda: cells(comparison(ROUNDS), "sync, from")[1:] == ["not measured", "not measured", "", ""]),
    ("a row of latency", lambda: cells(LATENCIES, "`a`")[1:] == ["20.0 / 10.0 / 40.0", "30.0 / 12.0 / 50.0", "+20.0 %, not met", "within 5 %"]),
    ("what is not answered", lambda: cells(LATENCIES, "`b`")[1:4] == ["20.0 / 10.0 / 40.0", "not answered", ""]),
    ("what is not asked", lambda: cells(LATENCIES, "`c`")[1:4] == ["not measured", "not measured", ""]),
    ("rows are as wide as their heads", lambda: {len(line.split("|")) for line in comparison(ROUNDS).splitlines()} == {7}),
    ("a whole document", lambda: "ratios to `base`" in document(RAW) and "behind 7 others" in document(RAW)),
    ("says what was answered too slowly", lambda: "`other` answered 50.0 %" in document({**RAW, "rounds": {**ROUNDS, "other": [{"served_share": 0.5}]}})),
    ("own server", lambda: parse("a=sluice --threads 1").command[-2:] == ["--threads", "1"] and parse("a=sluice").command[:2] == ["{sluice}", "serve"]),
    ("a command, its placeholders filled", lambda: parse("a=x 'b c' {db_dir}/d").filled({"db_dir": "/e"})[0] == ["x", "b c", "/e/d"]),
    ("a value with braces is not filled again", lambda: parse("a=x {db_dir}").filled({"db_dir": "{tcp_port}"})[0] == ["x", "{tcp_port}"]),
    ("an address", lambda: parse("a=@[::1]:50001").address == ("::1", 50001)),
    ("the kept files can be read", lambda: len(parse_all(map(str, sorted(Path(__file__).resolve().parents[2].glob("benchmarks/report/*.toml"))))) == 3),
    ("environment with placeholders", lambda: "there is no placeholder {b}" in refusal_of_file('command = "x"\nenvironment = { A = "{b}" }')),
    ("unknown setting", lambda: "there is no setting comand" in refusal_of_file('comand = "x"')),
    ("two ways at once", lambda: "exactly one of" in refusal_of_file('command = "x"\naddress = "a:1"')),
    ("options that are numbers", lambda: "a text or a list of texts" in refusal_of_file('sluice = ["--threads", 1]')),
    ("not TOML", lambda: "one.toml" in refusal_of_file("name")),
    ("a file that is not there", lambda: "cannot be read" in refusal("nowhere.toml")),
    ("no name", lambda: "must be FILE.toml" in refusal("sluice")),
    ("a port out of range", lambda: "HOST:PORT" in refusal("a=@host:65536")),
    ("an open quotation", lambda: "command:" in refusal("a='x")),
    ("no command", lambda: "must not be empty" in refusal("a=")),
    ("the same name twice", lambda: "given twice" in refusal("a=x", "a=y")),
    ("a name that breaks the table", lambda: "name must be" in refusal("a|b=x")),
    ("scripts of the sample", lambda: len(SAMPLE["scripthashes"]) == 1),
    ("tokens and wants of the sample", lambda: (SAMPLE["tokens"], SAMPLE["wants"]) == ([TOKEN[::-1].hex()], [WANT[::-1].hex()])),
    ("every call is asked something", lambda: all(calls_of(SAMPLE).values())),
]


def main():
    failed = 0
    for name, holds in CHECKS:
        if not holds():
            failed += 1
            print(f"not so: {name}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""scripts/report with the real program: configurations compared on a tiny chain, one that already runs, and what cannot be compared.

usage: report_program_test.py SLUICE [NAME...]

With names only the tests whose names hold one of them. Closes with `N passed, M failed`.
"""
import json, os, subprocess, sys, tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "scripts" / "lib")]
from devnet_node import Node, check, equal
from live_server import LiveServer
from named_tests import run_tests, test
from report_metrics import METRICS

SLUICE = os.path.abspath(sys.argv[1])
WORK = Path(tempfile.mkdtemp(prefix="sluice-report-"))
PATIENCE_S = 240
OTHER_PROFILE = "{sluice} serve --coin Radiant --net regtest --db-dir {db_dir} --daemon-url {node_url} --services tcp://127.0.0.1:{tcp_port} --http= --profile sync --allow-root"
ELECTRUM_METHODS = ["server.version", "server.features", "blockchain.headers.subscribe", "blockchain.block.header", "blockchain.estimatefee",
                    "blockchain.scripthash.get_balance"]


def report(*configurations):
    """Exit status, errors and the raw data, if there is any."""
    out = Path(tempfile.mkdtemp(dir=WORK))
    done = subprocess.run([sys.executable, ROOT / "scripts" / "report", *configurations, "--small", "--sluice", SLUICE, "--dir", WORK, "--out", out],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S)
    raw = json.loads((out / "report.json").read_text()) if (out / "report.json").exists() else None
    check(raw is None or (out / "report.md").read_text() in done.stdout, "what is printed is not what is written")
    return done.returncode, done.stderr, raw


def only_round(raw, name):
    equal(len(raw["rounds"][name]), 1, f"rounds of {name}")
    return raw["rounds"][name][0]


@test
def two_configurations():
    status, errors, raw = report("own=sluice", f"by RPC={OTHER_PROFILE}")
    equal(status, 0, "exit status: " + errors[-500:])
    for name in ("own", "by RPC"):
        values = only_round(raw, name)
        for metric in METRICS:  # nothing is written to a directory in memory, and little is done in a tick of the clock
            check(metric.key == "write_amplification" or values.get(metric.key, -1) >= 0, f"{name}: {metric.key}: {values.get(metric.key)}")
        for method in ELECTRUM_METHODS:
            figures = values["latency"][method]
            check(figures and 0 < figures["p50_us"] <= figures["p95_us"], f"{name}: {method}: {figures}")
        check(values["sync_s"] > 0 and values["index_mib"] > 0 and 0 < values["steady_mib"] <= values["peak_mib"] * 2, f"{name}: {values}")
    check(only_round(raw, "own")["latency"]["getinfo"]["p50_us"] > 0, "getinfo of our own")
    equal(only_round(raw, "by RPC")["latency"]["getinfo"], None, "getinfo where no admin port is open")


@test
def one_that_runs():
    with Node(SLUICE, WORK / "node", "--blocks", "120", "--txs-per-block", "3") as node:
        with LiveServer(SLUICE, WORK, "--coin", "Radiant", "--net", "regtest", "--daemon-url", f"http://127.0.0.1:{node.ready['rpc_port']}",
                        "--daemon-cookie", node.ready["cookie_file"]) as server:
            status, errors, raw = report(f"running=@127.0.0.1:{server.port}")
    equal(status, 0, "exit status: " + errors[-500:])
    values = only_round(raw, "running")
    equal({"sync_s", "steady_mib", "mempool_ms"} & values.keys(), set(), "what cannot be measured from outside")
    check(values["latency"]["blockchain.block.header"]["p50_us"] > 0, "a header")
    check("blockchain.scripthash.get_balance" not in values["latency"], "a balance on another chain")


@test
def what_cannot_be_compared():
    for configuration, wanted_status, wanted_text in [("gone=" + str(WORK / "nothing"), 1, "configuration gone"), ("short=/bin/false", 1, "the server ended"),
                                                      ("closed=@127.0.0.1:1", 1, "configuration closed"), ("bad={nothing}", 2, "there is no placeholder")]:
        status, errors, raw = report(configuration)
        equal((status, raw), (wanted_status, None), configuration)
        check(wanted_text in errors, errors)


run_tests(WORK, sys.argv[2:])

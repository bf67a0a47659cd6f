#!/usr/bin/env python3
"""Syncs the recorded chain, serves it offline, and replays the recorded answers; the node's own by HTTP too.

usage: replay_golden.py SLUICE FIXTURES [--parity] [--resolve WAY] [--segments] [--differences FILE.json] [--derived PROGRAM]

With --differences the named cases must differ, each for the reason in the file, and no other case
may: a difference that went away is a failure too. With --derived the program asks the server instead,
given the chain, the address and --parity. Closes with `N passed, M failed`.
"""
import argparse, json, os, re, shutil, signal, subprocess, sys, tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from live_server import free_port
from recorded_answers import RecordedChain

arguments = argparse.ArgumentParser()
arguments.add_argument("sluice")
arguments.add_argument("fixtures", type=Path)
arguments.add_argument("--parity", action="store_true")
arguments.add_argument("--resolve", default="join")
arguments.add_argument("--segments", action="store_true", help="a commit a batch, so that most spends are of older segments")
arguments.add_argument("--differences", type=Path)
arguments.add_argument("--derived")
A = arguments.parse_args()

CHAIN = RecordedChain(A.fixtures / "radiant-regtest-small")
COMMON = ["--coin", "Radiant", "--net", "regtest"] + (["--parity"] if A.parity else [])


def fail(text):
    print(text)
    print("0 passed, 1 failed")
    sys.exit(1)


def start_server(work):
    """The process, the Electrum port and the HTTP port."""
    port, http_port = free_port(), free_port()
    server = subprocess.Popen([A.sluice, "serve", "--offline", *COMMON, "--db-dir", work / "db", "--blocks-dir", work / "blocks",
                               "--services", f"tcp://127.0.0.1:{port}", "--http", f"127.0.0.1:{http_port}", "--cost-hard-limit", "0"], stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if "listening on tcp://" in line:
            return server, port, http_port
    fail("serve ended before it listened")


def without_expected(expected, text, passed, failed):
    """The same result, when the expected cases should differ and no other."""
    differing = set(re.findall(r"^(base-\S+) ", text, re.M))
    wrong = sorted(differing ^ set(expected))
    lines = [f"{case}: " + ("differs, and should not" if case in differing else f"does not differ, though {expected[case]}") for case in wrong]
    return "\n".join(lines), passed + failed - len(wrong), len(wrong)


def replay_all(port, http_port):
    """Passed and failed; what is wrong is printed."""
    if A.derived:
        results = [CHAIN.tally([A.derived, CHAIN.directory, f"127.0.0.1:{port}"] + (["--parity"] if A.parity else []))]
    else:
        results = CHAIN.replay(port, http_port)
    if A.differences:
        expected = json.loads(A.differences.read_text())
        of_node = CHAIN.cases_of("node")
        by_http = {case: why for case, why in expected.items() if case in of_node}
        results = [without_expected(cases, *result) for cases, result in zip((expected, by_http), results)]
    if not A.derived:
        results += CHAIN.replay(port, http_port, CHAIN.write_info_case(work / "info.jsonl", A.parity))
    for text, _, failed in results:
        if failed:
            print(text[:4000])
    return sum(passed for _, passed, _ in results), sum(failed for _, _, failed in results)


work = Path(tempfile.mkdtemp(prefix="sluice-golden-"))
server = None
try:
    CHAIN.unpack(work / "blocks")
    segments = ["--segment-bytes", "1", "--batch-blocks", "5"] if A.segments else []
    sync = subprocess.run([A.sluice, "sync", *COMMON, "--resolve", A.resolve, *segments, "--db-dir", work / "db", "--blocks-dir", work / "blocks"],
                          stderr=subprocess.PIPE, text=True)
    if sync.returncode != 0:
        fail("sync failed: " + sync.stderr)
    server, *ports = start_server(work)
    passed, failed = replay_all(*ports)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
finally:
    if server is not None:
        server.send_signal(signal.SIGTERM)
        try:
            code = server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            code = "nothing within 10 s of SIGTERM"
        if code != 0:
            print(f"serve ended with {code}")
            os._exit(1)
    shutil.rmtree(work, ignore_errors=True)

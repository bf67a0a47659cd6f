#!/usr/bin/env python3
"""Syncs the recorded chain, serves it offline, and replays the recorded answers.

usage: replay_golden.py SLUICE FIXTURES [--parity] [--resolve WAY] [--segments] [--differences FILE.json] [--derived PROGRAM]

With --differences the named cases must differ, each for the reason in the file, and no other case
may: a difference that went away is a failure too. With --derived the program asks the server instead,
given the chain, the address and --parity. Closes with `N passed, M failed`.
"""
import argparse, gzip, json, os, re, shutil, signal, subprocess, sys, tempfile
from pathlib import Path

arguments = argparse.ArgumentParser()
arguments.add_argument("sluice")
arguments.add_argument("fixtures", type=Path)
arguments.add_argument("--parity", action="store_true")
arguments.add_argument("--resolve", default="join")
arguments.add_argument("--segments", action="store_true", help="a commit a batch, so that most spends are of older segments")
arguments.add_argument("--differences", type=Path)
arguments.add_argument("--derived")
A = arguments.parse_args()

CHAIN = A.fixtures / "radiant-regtest-small"
COMMON = ["--coin", "Radiant", "--net", "regtest"] + (["--parity"] if A.parity else [])


def fail(text):
    print(text)
    print("0 passed, 1 failed")
    sys.exit(1)


def start_server(work):
    """Starts serve on a port of the system's choice; returns the process and the address."""
    server = subprocess.Popen([A.sluice, "serve", "--offline", *COMMON, "--db-dir", work / "db", "--blocks-dir", work / "blocks",
                               "--services", "tcp://127.0.0.1:%d" % free_port(), "--cost-hard-limit", "0"], stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        found = re.search(r"listening on tcp://(\S+:\d+)", line)
        if found:
            return server, found.group(1)
    fail("serve ended before it listened")


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check_differences(text, tally):
    expected = json.loads(A.differences.read_text())
    differing = set(re.findall(r"^(base-\S+) ", text, re.M))
    wrong = sorted(differing - set(expected)) + sorted(set(expected) - differing)
    for case in wrong:
        print(f"{case}: " + ("differs, and should not" if case in differing else f"does not differ, though {expected[case]}"))
    passed, failed = tally
    print(f"{passed + failed - len(wrong)} passed, {len(wrong)} failed")
    sys.exit(1 if wrong else 0)


work = Path(tempfile.mkdtemp(prefix="sluice-golden-"))
server = None
try:
    (work / "blocks").mkdir()
    with gzip.open(CHAIN / "blk00000.dat.gz") as packed, open(work / "blocks" / "blk00000.dat", "wb") as target:
        shutil.copyfileobj(packed, target)
    segments = ["--segment-bytes", "1", "--batch-blocks", "5"] if A.segments else []
    sync = subprocess.run([A.sluice, "sync", *COMMON, "--resolve", A.resolve, *segments, "--db-dir", work / "db", "--blocks-dir", work / "blocks"],
                          stderr=subprocess.PIPE, text=True)
    if sync.returncode != 0:
        fail("sync failed: " + sync.stderr)
    server, address = start_server(work)
    if A.derived:
        checks = [A.derived, CHAIN, address] + (["--parity"] if A.parity else [])
    else:
        checks = [CHAIN / "replay.py", address, "--source", "electrum", "--strict-codes", "--show", "2000"]
    replay = subprocess.run([sys.executable, *checks], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    tally = re.search(r"^(\d+) passed, (\d+) failed", replay.stdout, re.M)
    if not tally or int(tally.group(1)) == 0:
        fail(replay.stdout[-2000:])
    if A.differences:
        check_differences(replay.stdout, (int(tally.group(1)), int(tally.group(2))))
    if int(tally.group(2)) > 0:
        print(replay.stdout[:4000])
    print(f"{tally.group(1)} passed, {tally.group(2)} failed")
    sys.exit(replay.returncode)
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

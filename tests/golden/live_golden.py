#!/usr/bin/env python3
"""The recorded answers through a server that follows the stand-in node over the recorded chain.

usage: live_golden.py SLUICE FIXTURES [--rpc]

First with an empty mempool, then with the recorded unconfirmed transactions in the node's. With --rpc the server gets
the blocks from the node instead of its files. Closes with `N passed, M failed`.
"""
import gzip, re, shutil, subprocess, sys, tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Node, check
from live_server import LiveClient, LiveServer, eventually, same

SLUICE, CHAIN = sys.argv[1], Path(sys.argv[2]) / "radiant-regtest-small"
BY_RPC = "--rpc" in sys.argv[3:]


def replay(work, files, *node_words):
    """Passed and failed of one set of recorded answers."""
    with Node(SLUICE, work / "node", "--coin", "Radiant", "--blocks-dir", work / "recorded", *node_words) as node:
        words = ["--coin", "Radiant", "--net", "regtest", "--parity", "--http", "", "--daemon-cookie", node.ready["cookie_file"],
                 "--daemon-url", f"http://127.0.0.1:{node.ready['rpc_port']}"]
        if not BY_RPC:
            words += ["--blocks-dir", node.ready["blocks_dir"]]
        with LiveServer(SLUICE, work, *words) as server:
            client = LiveClient(server.port)
            for txid in node.call("getrawmempool"):
                eventually(lambda: same("result" in client.answer("blockchain.transaction.get", txid), True, f"{txid} is known"))
            result = subprocess.run([sys.executable, CHAIN / "replay.py", f"127.0.0.1:{server.port}", *files, "--source", "electrum",
                                     "--strict-codes", "--show", "2000"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            server.stop()
    tally = re.search(r"^(\d+) passed, (\d+) failed", result.stdout, re.M)
    check(tally, result.stdout[-2000:])
    if tally.group(2) != "0":
        print(result.stdout[:4000])
    return int(tally.group(1)), int(tally.group(2))


passed = failed = 0
for files, words in (((CHAIN / "golden-base.jsonl",), ()), ((CHAIN / "golden-mempool.jsonl",), ("--mempool", CHAIN / "mempool.jsonl"))):
    work = Path(tempfile.mkdtemp(prefix="sluice-live-golden-"))
    try:
        (work / "recorded").mkdir()
        (work / "recorded" / "blk00000.dat").write_bytes(gzip.decompress((CHAIN / "blk00000.dat.gz").read_bytes()))
        result = replay(work, files, *words)
        passed, failed = passed + result[0], failed + result[1]
    finally:
        shutil.rmtree(work, ignore_errors=True)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)

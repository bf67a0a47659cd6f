#!/usr/bin/env python3
"""The recorded answers through a server that follows the stand-in node over the recorded chain.

usage: live_golden.py SLUICE FIXTURES [--rpc]

First with an empty mempool, then with the recorded unconfirmed transactions in the node's; the node's own answers by
HTTP too. With --rpc the server gets the blocks from the node instead of its files. Closes with `N passed, M failed`.
"""
import shutil, sys, tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Node
from live_server import LiveClient, LiveServer, eventually, free_port, same
from recorded_answers import RecordedChain

SLUICE, CHAIN = sys.argv[1], RecordedChain(Path(sys.argv[2]) / "radiant-regtest-small")
BY_RPC = "--rpc" in sys.argv[3:]


def replay(work, file, *node_words):
    """What came of one file of recorded answers."""
    http_port = free_port()
    with Node(SLUICE, work / "node", "--coin", "Radiant", "--blocks-dir", work / "recorded", *node_words) as node:
        words = ["--coin", "Radiant", "--net", "regtest", "--parity", "--http", f"127.0.0.1:{http_port}",
                 "--daemon-cookie", node.ready["cookie_file"], "--daemon-url", f"http://127.0.0.1:{node.ready['rpc_port']}"]
        if not BY_RPC:
            words += ["--blocks-dir", node.ready["blocks_dir"]]
        with LiveServer(SLUICE, work, *words) as server:
            client = LiveClient(server.port)
            for txid in node.call("getrawmempool"):
                eventually(lambda: same("result" in client.answer("blockchain.transaction.get", txid), True, f"{txid} is known"))
            results = CHAIN.replay(server.port, http_port, CHAIN.directory / file)
            results += CHAIN.replay(server.port, http_port, CHAIN.write_info_case(work / "info.jsonl", parity=True))
            server.stop()
    return results


passed = failed = 0
for file, words in (("golden-base.jsonl", ()), ("golden-mempool.jsonl", ("--mempool", CHAIN.directory / "mempool.jsonl"))):
    work = Path(tempfile.mkdtemp(prefix="sluice-live-golden-"))
    try:
        CHAIN.unpack(work / "recorded")
        for text, right, wrong in replay(work, file, *words):
            passed, failed = passed + right, failed + wrong
            if wrong:
                print(text[:4000])
    finally:
        shutil.rmtree(work, ignore_errors=True)
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)

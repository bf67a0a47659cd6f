#!/usr/bin/env python3
"""`--swap-only` in the real program: an index of swaps alone beside one of everything, over the same node. Both answer
the same about swaps, at the start, behind new blocks and behind a reorg; other questions have a clear answer.

usage: swap_only_test.py SLUICE [NAME...]

With names only the tests whose names hold one of them. Closes with `N passed, M failed`.
"""
import json, os, re, subprocess, sys, tempfile, urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Node, check, equal, records
from live_server import LiveClient, LiveServer, eventually, free_port, same
from named_tests import run_tests, test

SLUICE = os.path.abspath(sys.argv[1])
WORK = Path(tempfile.mkdtemp(prefix="sluice-swap-only-"))
CHAIN = ["--coin", "Radiant", "--net", "regtest"]
OFFER = re.compile(rb"\x04RSWP\x01(?:\x02\x01.\x01.\x01.|\x01\x01.)\x20(.{32})", re.DOTALL)


def run(*words):
    return subprocess.run([SLUICE, *map(str, words)], capture_output=True, text=True, timeout=120)


def done(*words):
    result = run(*words)
    check(result.returncode == 0, result.stderr[-600:])
    return result


def refused(wanted, *words):
    result = run(*words)
    check(result.returncode != 0 and wanted in result.stderr, f"{result.returncode}: {result.stderr[-600:]}")


def tokens(node_dir):
    """What offers in the block files offer, as the calls name it."""
    return sorted({token[::-1].hex() for path in Path(node_dir).rglob("blk*.dat") for block in records(path) for token in OFFER.findall(block)})


def market(client, wanted):
    """All that a server says of these tokens."""
    calls = [("getswapindexinfo",)]
    for token in wanted:
        calls += [("getopenorders", token, 1000), ("getswaphistory", token, 1000), ("getswapcount", token), ("getopenordersbywant", token, 1000)]
    return client.ask_all(calls)


def size(directory):
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file() and path.suffix != ".log")


def words_of(node, http_port):
    return [*CHAIN, "--daemon-url", f"http://127.0.0.1:{node.ready['rpc_port']}/", "--daemon-cookie", node.ready["cookie_file"],
            "--blocks-dir", node.ready["blocks_dir"], "--http", f"127.0.0.1:{http_port}"]


@test
def the_market_is_that_of_a_full_server():
    ports = [free_port(), free_port()]
    directories = [WORK / "full", WORK / "alone"]
    for directory in directories:
        directory.mkdir()
    with Node(SLUICE, WORK / "node", "--blocks", "40", "--txs-per-block", "30", "--swap-percent", "70") as node, \
         LiveServer(SLUICE, directories[0], *words_of(node, ports[0])) as full_server, \
         LiveServer(SLUICE, directories[1], *words_of(node, ports[1]), "--swap-only") as alone_server:
        full, alone = LiveClient(full_server.port), LiveClient(alone_server.port)

        def compare():
            height = node.do("state")["height"]
            for client in (full, alone):
                same(client.ask("blockchain.headers.subscribe")["height"], height, "height")
            wanted = tokens(node.ready["blocks_dir"])
            same(market(alone, wanted), market(full, wanted), "the market")
            return wanted

        check(len(eventually(compare)) > 3, "no tokens on the chain")
        node.do("mine", blocks=5, transactions=40)
        eventually(compare)
        before = market(full, tokens(node.ready["blocks_dir"]))
        node.do("reorg", depth=8, blocks=9, transactions=40)
        check(market(full, eventually(compare)) != before, "the reorg changed nothing")

        tip = alone.ask("blockchain.headers.subscribe")
        equal(alone.ask("blockchain.block.header", tip["height"]), tip["hex"], "header")
        features = alone.ask("server.features")
        check(features["swap_only"] and "swap_only" not in full.ask("server.features"), f"features: {features}")
        equal(alone.answer("blockchain.scripthash.get_balance", "00" * 32)["error"],
              {"code": -32601, "message": 'this server answers about swaps alone: no "blockchain.scripthash.get_balance"'}, "other calls")
        with urllib.request.urlopen(f"http://127.0.0.1:{ports[1]}/readyz", timeout=60) as answer:
            equal((answer.status, json.loads(answer.read())["ready"]), (200, True), "/readyz")
        for server in (full_server, alone_server):
            server.stop()
        blocks = node.ready["blocks_dir"]
        for directory in directories:
            done("verify", "--db-dir", directory / "db", "--blocks-dir", blocks, "--deep")
        # Blocks that serve connected are cut from the same index as those that sync reads.
        sizes = []
        for name, more in (("all", []), ("swaps", ["--swap-only"])):
            done("sync", *CHAIN, "--db-dir", WORK / name, "--blocks-dir", blocks, *more)
            sizes.append(size(WORK / name))
        check(sizes[1] < sizes[0], f"bytes: {sizes}")
        refused("this index holds everything: start without --swap-only", "sync", *CHAIN, "--db-dir", WORK / "all", "--blocks-dir", blocks, "--swap-only")
        refused("this index holds nothing but swaps: start with --swap-only", "serve", *CHAIN, "--offline", "--db-dir", WORK / "swaps",
                "--blocks-dir", blocks, "--services", f"tcp://127.0.0.1:{free_port()}", "--allow-root")


@test
def settings_that_cannot_go_together_are_refused():
    words = ["sync", "--db-dir", WORK / "db", "--blocks-dir", WORK, "--swap-only"]
    refused("--swap-only (or environment SWAP_ONLY): BitcoinCash has no swaps", *words, "--coin", "BitcoinCash", "--net", "regtest")
    refused("--swap-only (or environment SWAP_ONLY): needs the swap index", *words, *CHAIN, "--swap-index=0")


run_tests(WORK, sys.argv[2:])

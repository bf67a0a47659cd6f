#!/usr/bin/env python3
"""Random lives of a server that follows a node, beside a naive index of the node's chain.

usage: follow_model.py SLUICE [--first SEED] [--seeds N] [--kills]

Each seed makes a node with a chain, a server over it (by block files or by RPC), and a client that subscribes to
everything. Then blocks and transactions come, branches take over, the node restarts, warms up and fails, the server is stopped and
started; with --kills it is killed at any instant instead. After every event all answers for all scripts are those of
the naive index, and the client has last been told what is true. A failure prints its seed.
In most lives the transactions are a busy swap market's, and in half of them the node's quirks are asked for (PARITY):
the node's swap calls are asked for every token and in every shape. Now and then the server comes back without its swap
index, or with another age at which orders are forgotten.
SLUICE_TEST_SCALE multiplies the number of seeds. Closes with `N passed, M failed`.
"""
import argparse, http.client, math, os, random, shutil, struct, subprocess, sys, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Failed, Node, check
from live_server import LiveClient, LiveServer, eventually, same
from naive_chain import NaiveChain, Reader, Tx, display
from naive_swaps import NaiveSwaps

arguments = argparse.ArgumentParser()
arguments.add_argument("sluice", type=os.path.abspath)
arguments.add_argument("--first", type=int, default=1)
arguments.add_argument("--seeds", type=int, default=10)
arguments.add_argument("--kills", action="store_true")
A = arguments.parse_args()
NO_SWAPS = {"code": -1, "message": "Swap index not enabled. Use -swapindex=1 to enable."}


class Client(LiveClient):
    def note(self, method, params):
        """Nothing is told twice in a row."""
        if method == "blockchain.headers.subscribe":
            check(params[0] != self.tip, f"the tip was told twice: {params}")
        else:
            check(params[1] != self.statuses[params[0]], f"a status was told twice: {params}")
        super().note(method, params)


class Life:
    def __init__(self, seed, work):
        self.draw = random.Random(seed)
        self.work, self.cache, self.raw, self.checks = work, {}, {}, 0
        self.reorgs = self.ends = self.sends = self.orders = self.switches = 0
        self.offers = {}  # of blocks, by their hashes
        self.parity = self.draw.random() < 0.5
        self.draw_swap_settings(kept=1)

    def run(self):
        chain = ["--coin", "Radiant", "--blocks", self.draw.randint(1, 40), "--txs-per-block", self.draw.randint(0, 12),
                 "--seed", self.draw.randint(1, 10**6), "--file-bytes", self.draw.choice(["16KiB", "256KiB", "128MiB"]),
                 "--allocate", self.draw.choice(["0B", "0B", "64KiB"]), "--swap-percent", self.draw.choice([0, 60, 60])]
        with Node(A.sluice, self.work / "node", *chain) as self.node:
            words = ["--coin", "Radiant", "--net", "regtest", "--daemon-cookie", self.node.ready["cookie_file"], "--http", "",
                     "--daemon-url", f"http://127.0.0.1:{self.node.ready['rpc_port']}"]
            if self.draw.random() < 0.5:
                words += ["--blocks-dir", self.node.ready["blocks_dir"]]
            if self.parity:
                words += ["--parity"]
            self.server = LiveServer(A.sluice, self.work, *words)
            self.plain_words = self.server.words
            self.set_swap_words()
            with self.server:
                self.connect()
                self.compare()
                for _ in range(self.draw.randint(4, 8)):
                    ends = [self.again] * (4 if A.kills else 2)
                    self.draw.choice([self.mine, self.mine, self.churn, self.churn, self.send, self.reorg, self.reorg, self.trouble, *ends])()
                    self.compare()
                self.server.stop()
        self.verify()

    def draw_swap_settings(self, kept):
        self.swap_index, self.history_blocks = self.draw.random() < kept, self.draw.choice([0, 3, 10_000])

    def set_swap_words(self):
        self.server.words = [*self.plain_words, f"--swap-index={self.swap_index:d}", "--swap-history-blocks", self.history_blocks]

    def connect(self):
        self.client = Client(self.server.port)

    # What happens.

    def mine(self):
        blocks, transactions = self.draw.choice([1, 1, 2, 5, 20]), self.draw.randint(0, 15)
        if self.draw.random() < 0.3:  # refused if the mempool has nothing to conflict with
            self.node.control("mine", conflicts=1, transactions=transactions, mempool_percent=0)
        self.node.do("mine", blocks=blocks, transactions=transactions, mempool_percent=self.draw.choice([0, 50, 100]))

    def churn(self):
        change = {"add": self.draw.choice([0, 1, 5, 30]), "evict": self.draw.choice([0, 0, 2]),
                  "replace": self.draw.choice([0, 0, 3]), "leaves": self.draw.randint(0, 1)}
        if "error" in self.node.control("churn", **change):  # a mempool too small for that
            self.node.do("churn", add=10)

    def send(self):
        """The client sends a transaction, and another one that the node has to refuse."""
        chain = self.naive()
        coins = [(tx, index, output) for key in chain.unspent if key for tx, index, output in chain.unspent[key]
                 if output.value > 2 and len(output.script) < 253 and tx.inputs[0].prevout[0] != bytes(32) and (tx.id, index) not in chain.spent_in_mempool]
        if not coins:
            return self.churn()
        self.sends += 1
        tx, index, output = self.draw.choice(coins)
        first, second = (struct.pack("<i", 2) + b"\1" + tx.id + struct.pack("<I", index) + bytes(1) + b"\xff" * 4 + b"\1" +
                         struct.pack("<q", output.value - fee) + bytes([len(output.script)]) + output.script + bytes(4)
                         for fee in (0, 1))
        name = self.client.ask("blockchain.transaction.broadcast", first.hex())
        self.equal(name, display(Tx(Reader(first)).id), "txid of a transaction sent")
        self.equal(self.client.ask("blockchain.transaction.broadcast", first.hex()), name, "txid of one sent again")
        refusal = self.client.answer("blockchain.transaction.broadcast", second.hex()).get("error")
        reason = self.node.error("sendrawtransaction", second.hex())[1]
        self.equal(refusal, {"code": 1, "message": f"the transaction was rejected by network rules.\n\n{reason}\n[{second.hex()}]"},
                   "refusal of one that spends the same")

    def reorg(self):
        height = self.node.call("getblockcount")
        if height < 1:
            return self.mine()
        depth = min(height, self.draw.choice([1, 1, 2, 3, 6, 20, 100]))
        self.reorgs += 1
        self.node.do("reorg", depth=depth, transactions=self.draw.randint(0, 8), mempool_percent=self.draw.choice([0, 50, 100]))

    def trouble(self):
        kind = self.draw.choice(["restart", "warm_up", "fault", "latency"])
        if kind == "restart":
            self.node.do("restart", down_ms=self.draw.randint(0, 300), warm_up_ms=self.draw.randint(0, 200))
        elif kind == "warm_up":
            self.node.do("warm_up", ms=self.draw.randint(0, 300))
        elif kind == "latency":
            self.node.do("latency", ms=self.draw.choice([0, 0, 5, 20]))
        else:
            self.node.do("fault", kind=self.draw.choice(["http_500", "http_503", "truncated", "garbage", "closed"]),
                         requests=self.draw.randint(1, 4))
        self.mine()

    def again(self):
        """The server ends, in the middle of work if it is killed, and comes back."""
        self.ends += 1
        if A.kills:
            self.draw.choice([self.mine, self.reorg, self.churn])()
            time.sleep(self.draw.random() * 0.06)
            self.server.kill()
        else:
            self.server.stop()
        if self.draw.random() < 0.7:
            self.draw.choice([self.mine, self.reorg, self.churn])()
        if self.draw.random() < 0.4:
            self.switches += 1
            self.draw_swap_settings(kept=0.5)
            self.set_swap_words()
        self.server.start()
        self.connect()

    # What must hold.

    def naive(self):
        """The node's chain and mempool, read whole at one moment."""
        while True:
            try:
                tip = self.node.call("getbestblockhash")
                count = self.node.call("getblockcount") + 1
                hashes = [answer["result"] for answer in self.node.batch([("getblockhash", [height]) for height in range(count)])]
                self.fetch([name for name in hashes if name not in self.raw], "getblock")
                txids = self.node.call("getrawmempool")
                self.fetch([name for name in txids if name not in self.raw], "getrawtransaction")
                if hashes[-1] == tip == self.node.call("getbestblockhash"):
                    chain = NaiveChain([self.raw[name] for name in hashes], self.parity, cache=self.cache)
                    chain.set_mempool([Tx(Reader(self.raw[name])) for name in txids])
                    return chain
            except (OSError, Failed, ValueError, TypeError, KeyError, http.client.HTTPException):
                time.sleep(0.05)  # the trouble that was ordered

    def fetch(self, names, method):
        if names:
            for name, answer in zip(names, self.node.batch([(method, [name, 0]) for name in names])):
                self.raw[name] = bytes.fromhex(answer["result"])

    def compare(self):
        chain = self.naive()
        eventually(lambda: self.compare_once(chain))

    def compare_once(self, chain):
        self.client.ask("server.ping")
        self.equal(self.client.tip, {"hex": chain.headers[-1].hex(), "height": chain.tip}, "tip told")
        names = {display(key): key for key in [*chain.history, *chain.mempool_history]}
        self.client.subscribe(names)
        gone = set(self.client.statuses) - set(names)
        methods = ("get_history", "get_mempool", "listunspent", "get_balance")
        got = self.client.ask_all([(f"blockchain.scripthash.{method}", name) for name in names for method in methods])
        for i, (name, key) in enumerate(names.items()):
            for j, method in enumerate(methods):
                self.equal(got[len(methods) * i + j], getattr(chain, method)(key), f"{method} of {name}")
            self.equal(self.client.statuses[name], chain.status(key), f"status told for {name}")
        for name in gone:
            self.equal(self.client.statuses[name], None, f"status told for {name}, which has no history any more")
        check(names, "nothing was asked")
        if self.swap_index:
            self.compare_swaps(chain)
        else:
            self.equal(self.client.answer("getswapcount", "00" * 32)["error"], NO_SWAPS, "a swap call without the index")

    def compare_swaps(self, chain):
        swaps = NaiveSwaps(chain, self.parity, self.history_blocks, self.offers)
        self.orders += len(swaps.open) + len(swaps.history)
        pages = [[], [None, None, 3], [2, 1], [1000, 0, self.draw.randint(0, 30)], [5, self.draw.randint(0, 9), 0]]
        requests = []
        for token in map(display, sorted(swaps.tokens | {bytes(32), b"\x5a" * 32})):
            for want in ("", "bywant"):
                requests.append((f"getswapcount{want}", token))
                requests += [(f"getopenorders{want}", token, *page) for page in pages]
                requests += [(f"getswaphistory{want}", token, *page[:2]) for page in pages]
        for request, got in zip(requests, self.client.ask_all(requests)):
            self.equal(got, swaps.answer(*request), str(request))

    def equal(self, got, wanted, what):
        self.checks += 1
        same(got, wanted, what)

    def verify(self):
        blocks = self.node.ready["blocks_dir"] if "--blocks-dir" in self.server.words else self.work / "db" / "blocks"
        result = subprocess.run([A.sluice, "verify", "--deep", "--db-dir", self.work / "db", "--blocks-dir", blocks],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        check(result.returncode == 0, f"verify: {result.stdout[-1000:]}")


def main():
    seeds = math.ceil(A.seeds * float(os.environ.get("SLUICE_TEST_SCALE", "1")))
    passed = failed = checks = reorgs = ends = sends = orders = switches = 0
    for seed in range(A.first, A.first + seeds):
        work = Path(tempfile.mkdtemp(prefix="sluice-follow-"))
        life = Life(seed, work)
        try:
            life.run()
            passed += 1
            checks += life.checks
            reorgs += life.reorgs
            ends += life.ends
            sends += life.sends
            orders += life.orders
            switches += life.switches
        except (Failed, OSError, subprocess.TimeoutExpired) as failure:
            failed += 1
            print(f"--first {seed} --seeds 1{' --kills' if A.kills else ''}: {failure}")
            print((work / "serve.log").read_text()[-2000:])
            break
        finally:
            shutil.rmtree(work, ignore_errors=True)
    if not failed and seeds > 9 and not (reorgs and ends and sends and orders and switches):
        failed, _ = 1, print("too little happened")
    print(f"{checks} answers, {reorgs} reorgs, {ends} {'kills' if A.kills else 'restarts'}, {sends} transactions sent, {orders} orders,"
          f" {switches} times other swap settings")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


main()

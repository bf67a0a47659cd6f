#!/usr/bin/env python3
"""A server follows a real node, by RPC alone: bcoin on Bitcoin's regtest, bcash on Bitcoin Cash's.

usage: real_nodes_test.py SLUICE MODULES_DIR NODE

After every event all answers for all scripts are those of a naive index of the node's own blocks and mempool,
and a client has last been told what is true. The node is installed into MODULES_DIR once, as its package-lock.json
has it. Exits with 77, saying why, where that cannot be.
"""
import os, shutil, subprocess, sys, tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Failed, check, equal
from live_server import LiveClient, LiveServer, eventually, same
from naive_bitcoin import BitcoinChain, BitcoinTx
from naive_chain import Reader, display, merkle
from npm_node import KEY_ADDRESS, WITNESS_ADDRESS, NpmNode, install
from spending import Key, segwit_address, spend

SLUICE = os.path.abspath(sys.argv[1])
MODULES = Path(os.path.abspath(sys.argv[2]))
NAME = sys.argv[3]
COIN = {"bcoin": "Bitcoin", "bcash": "BitcoinCash"}[NAME]
SEGWIT = COIN == "Bitcoin"
SEGWIT_ACTIVE = 432  # height
MATURE = 101
FEE = 20_000
NOT_APPLICABLE = 77


class Story:
    def __init__(self, node, server):
        self.node, self.server = node, server
        self.raw, self.cache, self.asked, self.answers = {}, {}, set(), 0
        self.miner, self.second, self.third = Key("miner"), Key("second"), Key("third")
        self.coinbases = []  # of the miner, unspent

    # What happens at the node.

    def mine(self, blocks, key, witness=False):
        address = segwit_address(WITNESS_ADDRESS, key.hash) if witness else key.address(KEY_ADDRESS)
        hashes = self.node.call("generatetoaddress", blocks, address)
        equal(len(hashes), blocks, "blocks mined")
        return hashes

    def send(self, key, coins, outputs, by_server=False):
        """A transaction that the node takes into its mempool."""
        raw = spend(key, coins, outputs, fork_id=not SEGWIT)
        tx = BitcoinTx(Reader(raw))
        sent = self.client.ask("blockchain.transaction.broadcast", raw.hex()) if by_server else self.node.call("sendrawtransaction", raw.hex())
        equal(sent, display(tx.id), "txid")
        eventually(lambda: same(display(tx.id) in self.node.call("getrawmempool"), True, "in the node's mempool"))
        return tx

    def matured(self):
        """The miner's coins: outputs of its first blocks, in their order."""
        for height in range(1, self.chain.tip + 2 - MATURE):
            tx = self.chain.blocks[height][0]
            if tx.outputs[0].script == self.miner.p2pkh and (tx.id, 0) not in self.chain.spent_outpoints:
                yield tx.id, 0, tx.outputs[0].value, tx.outputs[0].script

    # What must hold.

    def read_node(self):
        """The node's chain and mempool; nothing changes them meanwhile."""
        height = self.node.call("getblockcount")
        hashes = [self.node.call("getblockhash", h) for h in range(height + 1)]
        for name in hashes:
            if name not in self.raw:
                self.raw[name] = bytes.fromhex(self.node.call("getblock", name, False))
        self.chain = BitcoinChain([self.raw[name] for name in hashes], cache=self.cache)
        equal([display(name) for name in self.chain.hashes], hashes, "block hashes")
        raw_mempool = [bytes.fromhex(self.node.call("getrawtransaction", txid)) for txid in self.node.call("getrawmempool")]
        self.chain.set_mempool([BitcoinTx(Reader(raw)) for raw in raw_mempool])

    def connect(self):
        self.client = LiveClient(self.server.port)

    def compare(self, what):
        self.read_node()
        try:
            eventually(self.compare_once)
        except Failed as failure:
            raise Failed(f"{what}: {failure}") from failure

    def compare_once(self):
        chain, client = self.chain, self.client
        client.ask("server.ping")
        same(client.tip, {"hex": chain.headers[-1].hex(), "height": chain.tip}, "tip told")
        names = {display(key): key for key in [*chain.history, *chain.mempool_history]}
        client.subscribe(names)
        for name, key in names.items():
            for method in ("get_history", "get_mempool", "listunspent", "get_balance"):
                same(client.ask(f"blockchain.scripthash.{method}", name), getattr(chain, method)(key), f"{method} of {name}")
                self.answers += 1
        for name, status in client.statuses.items():
            same(status, chain.status(names[name]) if name in names else None, f"status told for {name}")
            self.answers += 1

    def compare_transactions(self, what):
        """Raw as the node gives them, and where they are."""
        fresh = [tx for block in self.chain.blocks for tx in block if tx.id not in self.asked] + list(self.chain.mempool.values())
        for tx in fresh:
            name = display(tx.id)
            raw = self.client.ask("blockchain.transaction.get", name)
            equal(raw, tx.raw.hex(), f"{what}: transaction.get {name}")
            equal(raw, self.node.call("getrawtransaction", name), f"{what}: getrawtransaction {name}")
            self.answers += 1
            if tx.id in self.chain.places:
                self.asked.add(tx.id)
                height, position = self.chain.places[tx.id]
                branch, root = merkle([other.id for other in self.chain.blocks[height]], position)
                equal(root, display(self.chain.headers[height][36:68]), f"{what}: merkle root {height}")
                equal(self.client.ask("blockchain.transaction.get_merkle", name, height),
                      {"block_height": height, "merkle": branch, "pos": position}, f"{what}: get_merkle {name}")

    # The story.

    def run(self):
        self.connect()
        equal(self.client.tip["height"], 5, "the height at which it begins")
        self.compare("at the start")
        mature = SEGWIT_ACTIVE + 8 if SEGWIT else MATURE + 9
        self.mine(mature - 5, self.miner)
        self.compare("many blocks at once")
        self.unconfirmed_and_confirmed()
        self.reorg()
        check(self.client.tips_told >= 7, f"only {self.client.tips_told} tips were told")
        self.restart()
        self.compare_transactions("at the end")
        self.compare_verbose()
        self.ask_the_node()
        self.another_chain()

    def unconfirmed_and_confirmed(self):
        coins = self.matured()
        coin = next(coins)
        third = self.second.p2wpkh if SEGWIT else self.second.p2pkh
        parent = self.send(self.miner, [coin], [(10**9, self.second.p2pkh), (0, b"\x6a\x04data"), (coin[2] - 10**9 - FEE - 10**8, self.miner.p2pkh),
                                                (10**8, third)])
        self.compare("a transaction")
        equal([item["height"] for item in self.client.ask("blockchain.scripthash.get_history", display(self.chain.key(parent.outputs[0])))], [0],
              "height of the unconfirmed")
        child = self.send(self.second, [(parent.id, 0, 10**9, self.second.p2pkh), (parent.id, 3, 10**8, third)],
                          [(10**9 + 10**8 - FEE, self.third.p2pkh)], by_server=True)
        equal(child.has_witness, SEGWIT, "has a witness")
        self.compare("its child")
        equal([item["height"] for item in self.client.ask("blockchain.scripthash.get_history", display(self.chain.key(child.outputs[0])))], [-1],
              "height of the unconfirmed child")
        self.compare_transactions("in the mempool")
        self.mine(1, self.third, witness=SEGWIT)
        self.compare("confirmed")
        equal(self.chain.mempool, {}, "mempool")
        equal(self.chain.places[child.id][0], self.chain.tip, "height of the child")
        self.compare_transactions("confirmed")

    def reorg(self):
        coin = list(self.matured())[1]
        self.send(self.miner, [coin], [(coin[2] - FEE, self.third.p2pkh)])
        first = self.mine(3, self.second, witness=SEGWIT)[0]
        self.compare("three blocks")
        self.node.call("invalidateblock", first)
        self.compare("three blocks lost")
        self.mine(5, self.third)
        self.compare("a longer branch")
        # Past the spends, so that they are undone as well.
        self.node.call("invalidateblock", display(self.chain.hashes[-8]))
        self.compare("eight blocks lost")
        self.mine(12, self.miner)
        self.compare("a longer branch again")

    def compare_verbose(self):
        """What all nodes write alike; the rest is written as Bitcoin Core and BCHN do."""
        alike = ("txid", "hash", "version", "size", *(["vsize"] if SEGWIT else []), "locktime", "hex", "blockhash", "confirmations", "blocktime")
        for tx in [block[-1] for block in self.chain.blocks[-20:]]:
            name = display(tx.id)
            got, wanted = self.client.ask("blockchain.transaction.get", name, True), self.node.call("getrawtransaction", name, True)
            equal([got[key] for key in alike], [wanted[key] for key in alike], f"verbose {name}")
            equal([spent.get("txinwitness") for spent in got["vin"]], [spent.get("txinwitness") for spent in wanted["vin"]], f"witness of {name}")
            equal([[paid["value"], paid["n"], paid["scriptPubKey"]["hex"]] for paid in got["vout"]],
                  [[paid["value"], paid["n"], paid["scriptPubKey"]["hex"]] for paid in wanted["vout"]], f"outputs of {name}")
            self.answers += 1
        unknown = self.client.answer("blockchain.transaction.get", "00" * 32)
        check("error" in unknown, f"a transaction that is not there: {unknown}")

    def ask_the_node(self):
        """What only the node knows."""
        equal(self.client.ask("blockchain.relayfee"), self.node.call("getnetworkinfo")["relayfee"], "relayfee")
        # bcoin has seen too little, and counts no more than 15 blocks; bcash wants an argument that BCHN does not take.
        for blocks in (2, 25) if SEGWIT else ():
            equal(self.client.ask("blockchain.estimatefee", blocks), -1, f"estimatefee {blocks}")
        refused = self.client.answer("blockchain.transaction.broadcast", "00")
        check(refused.get("error", {}).get("code") == 1, f"no transaction: {refused}")

    def restart(self):
        """The node goes on, on another branch, while the server is away."""
        self.server.stop()
        self.node.call("invalidateblock", display(self.chain.hashes[-4]))
        self.mine(6, self.second)
        self.read_node()
        coin = list(self.matured())[2]
        self.send(self.miner, [coin], [(coin[2] - FEE, self.third.p2pkh)])
        self.server.start()
        self.connect()
        self.compare("after a restart")

    def another_chain(self):
        """The node dies with all it had; one with another chain, longer at last, comes up in its place."""
        self.node.kill()
        self.compare_once()
        self.node.start()
        self.mine(self.chain.tip + 3, self.third)
        self.compare("another chain from the genesis block on")


def main():
    absent = install(NAME, MODULES)
    if absent:
        print(f"not applicable here: {absent}")
        sys.exit(NOT_APPLICABLE)
    work = Path(tempfile.mkdtemp(prefix=f"sluice-{NAME}-"))
    chain = ["--coin", COIN, "--net", "regtest"]
    server = story = None
    try:
        with NpmNode(NAME, MODULES, work) as node:
            node.call("generatetoaddress", 5, Key("miner").address(KEY_ADDRESS))
            with LiveServer(SLUICE, work, *chain, "--daemon-url", node.url) as server:
                story = Story(node, server)
                story.run()
                server.stop()
        verified = subprocess.run([SLUICE, "verify", "--deep", "--db-dir", work / "db", "--blocks-dir", work / "db" / "blocks"],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        check(verified.returncode == 0, f"verify: {verified.stdout[-1000:]}")
        print(f"{story.answers} answers compared\n1 passed, 0 failed")
    except (Failed, OSError, subprocess.TimeoutExpired) as failure:
        print(f"FAILED  {NAME}: {failure}")
        if server is not None:
            print(server.log.read_text()[-2000:])
        print("0 passed, 1 failed")
        sys.exit(1)
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()

#!/usr/bin/env python3
"""Electrum, the wallet, on a server that follows a real Bitcoin node: receives, sends, sees blocks and a reorg.

usage: electrum_wallet_test.py SLUICE MODULES_DIR

What the wallet believes is held against the node's own blocks. Exits with 77, saying why, where Electrum or
the node (see real_nodes_test.py) cannot be had.
"""
import base64, http.client, json, os, shutil, signal, socket, subprocess, sys, tempfile, time
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Failed, check, equal
from live_server import LiveServer, eventually, same
from naive_bitcoin import BitcoinTx
from naive_chain import Reader, display
from npm_node import KEY_ADDRESS, WITNESS_ADDRESS, NpmNode, install
from spending import Key, segwit_address, segwit_program, spend

SLUICE = os.path.abspath(sys.argv[1])
MODULES = Path(os.path.abspath(sys.argv[2]))
SEED = "wild father tree among universe such mobile favorite target dynamic credit identify"
FEE = 20_000
NOT_APPLICABLE = 77


class Electrum:
    """The wallet's daemon until the end of a with block, asked by its own JSON-RPC."""

    def __init__(self, work, server_port):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.work, self.log = work, work / "electrum.log"
        self.words = ["electrum", "--regtest", "-D", str(work / "electrum")]
        self.server = f"127.0.0.1:{server_port}:t"

    def offline(self, *words):
        done = subprocess.run([*self.words, "--offline", *words], capture_output=True, text=True, timeout=60, env=self.environment())
        check(done.returncode == 0, f"electrum {words[0]}: {done.stderr[-600:]}")

    def environment(self):
        return {**os.environ, "HOME": str(self.work)}

    def __enter__(self):
        self.offline("restore", SEED)
        for name, value in (("rpcuser", "x"), ("rpcpassword", "x"), ("rpcport", str(self.port))):
            self.offline("setconfig", name, value)
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([*self.words, "-v", "daemon", "--oneserver", "-s", self.server], stdout=log, stderr=log,
                                            env=self.environment())
        try:
            deadline = time.monotonic() + 60
            while True:
                try:
                    equal(self.call("load_wallet"), True, "load_wallet")
                    return self
                except OSError:
                    check(self.process.poll() is None and time.monotonic() < deadline, f"electrum does not answer: {self.log.read_text()[-600:]}")
                    time.sleep(0.05)
        except Failed:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def call(self, method, **params):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", "/", json.dumps({"id": 1, "method": method, "params": params}),
                               {"Authorization": "Basic " + base64.b64encode(b"x:x").decode()})
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        check("result" in answer, f"electrum: {method}: {answer}")
        return answer["result"]


class Story:
    def __init__(self, node, wallet):
        self.node, self.wallet = node, wallet
        self.miner, self.other = Key("miner"), Key("other")

    def mine(self, blocks, program=None):
        address = segwit_address(WITNESS_ADDRESS, program) if program else self.miner.address(KEY_ADDRESS)
        return self.node.call("generatetoaddress", blocks, address)

    def pay(self, script, value, height):
        """From the miner's block at that height, into the mempool."""
        block = bytes.fromhex(self.node.call("getblock", self.node.call("getblockhash", height), False))
        coinbase = BitcoinTx(Reader(block, 81))
        coin = coinbase.id, 0, coinbase.outputs[0].value, coinbase.outputs[0].script
        raw = spend(self.miner, [coin], [(value, script), (coin[2] - value - FEE, self.miner.p2pkh)], fork_id=False)
        return self.node.call("sendrawtransaction", raw.hex())

    def send_again(self, txid, raw):
        """The node drops its mempool when it loses blocks."""
        self.node.call("sendrawtransaction", raw)
        same(txid in self.node.call("getrawmempool"), True, "in the mempool after the blocks were lost")

    def believes(self, what, transactions, **balance):
        """Tip, balance and {txid: confirmations} of the wallet; and that the node says so."""
        tip = self.node.call("getblockcount")

        def compare():
            info = self.wallet.call("getinfo")
            same([info["blockchain_height"], info["server_height"]], [tip, tip], f"{what}: heights")
            same(self.wallet.call("is_synchronized"), True, f"{what}: is_synchronized")
            got = {name: Decimal(value) for name, value in self.wallet.call("getbalance").items()}
            same({name: str(value.normalize()) for name, value in got.items() if value},
                 {name: str(Decimal(value).normalize()) for name, value in balance.items()}, f"{what}: balance")
            history = self.wallet.call("onchain_history")["transactions"]
            same({item["txid"]: item["confirmations"] for item in history}, transactions, f"{what}: history")

        eventually(compare)
        for txid, confirmations in transactions.items():
            equal(self.node.call("getrawtransaction", txid, True)["confirmations"], confirmations, f"{what}: the node's confirmations of {txid}")

    def run(self):
        self.believes("at the start", {})
        address = self.wallet.call("listaddresses", receiving=True)[0]
        program = segwit_program(address)
        received = self.pay(b"\x00\x14" + program, 3 * 10**8, 1)
        self.believes("a payment", {received: 0}, unconfirmed="3")
        self.mine(1)
        self.believes("its block", {received: 1}, confirmed="3")
        self.mine(5)
        self.believes("more blocks", {received: 6}, confirmed="3")
        # The node's coins for a block, in the wallet's address as the node writes it.
        mined = self.node.call("getblock", self.mine(1, program)[0])["tx"][0]
        value = str(self.node.call("getrawtransaction", mined, True)["vout"][0]["value"])
        self.believes("a mined coin", {received: 7, mined: 1}, confirmed="3", unmatured=value)

        target = segwit_address("bcrt", self.other.hash)
        signed = self.wallet.call("payto", destination=target, amount="1", fee="0.0002")
        sent = self.wallet.call("broadcast", tx=signed)
        eventually(lambda: same(self.node.call("getrawmempool"), [sent], "the node's mempool"))
        self.believes("sent", {received: 7, mined: 1, sent: 0}, confirmed="1.9998", unmatured=value)
        lost = self.mine(1)[0]
        self.believes("what was sent is in a block", {received: 8, mined: 2, sent: 1}, confirmed="1.9998", unmatured=value)

        # Another branch, in which it comes one block later.
        self.node.call("invalidateblock", lost)
        self.mine(1)
        eventually(lambda: self.send_again(sent, signed))
        self.mine(3)
        self.believes("another branch", {received: 11, mined: 5, sent: 3}, confirmed="1.9998", unmatured=value)


def main():
    absent = None if shutil.which("electrum") else "electrum is not installed"
    absent = absent or install("bcoin", MODULES)
    if absent:
        print(f"not applicable here: {absent}")
        sys.exit(NOT_APPLICABLE)
    work = Path(tempfile.mkdtemp(prefix="sluice-electrum-"))
    server = wallet = None
    try:
        with NpmNode("bcoin", MODULES, work) as node:
            node.call("generatetoaddress", 440, Key("miner").address(KEY_ADDRESS))  # witnesses are in force
            with LiveServer(SLUICE, work, "--coin", "Bitcoin", "--net", "regtest", "--daemon-url", node.url) as server:
                with Electrum(work, server.port) as wallet:
                    Story(node, wallet).run()
                server.stop()
        print("1 passed, 0 failed")
    except (Failed, OSError, subprocess.TimeoutExpired) as failure:
        print(f"FAILED  electrum: {failure}")
        for program in (server, wallet):
            if program is not None and program.log.exists():
                print(program.log.read_text()[-2000:])
        print("0 passed, 1 failed")
        sys.exit(1)
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()

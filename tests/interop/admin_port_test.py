#!/usr/bin/env python3
"""The admin port of the real program, called as the peers' admin tool does it: shapes of all answers, sessions listed,
logged and disconnected, scripts looked up, a reorg made, the node changed, the server stopped.

usage: admin_port_test.py SLUICE [NAME...]

With names only the tests whose names hold one of them. Closes with `N passed, M failed`.
"""
import json, os, re, socket, subprocess, sys, tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Node, check, equal
from live_server import LiveClient, LiveServer, eventually, free_port, same
from named_tests import run_tests, test

SLUICE = os.path.abspath(sys.argv[1])
WORK = Path(tempfile.mkdtemp(prefix="sluice-admin-"))
CHAIN = ["--coin", "Radiant", "--net", "regtest"]
PATIENCE_S = 120

INFO_KEYS = ["coin", "daemon", "daemon height", "db height", "db_flush_count", "groups", "history cache", "merkle cache", "pid",
             "peers", "request counts", "request total", "sessions", "tx hashes cache", "txs sent", "uptime", "version"]
SESSION_SUMS = ["count", "count with subs", "errors", "logged", "pending requests", "subs"]


class Admin:
    """A connection to the admin port."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.lines = self.socket.makefile("rb")

    def exchange(self, message):
        self.socket.sendall(json.dumps(message).encode() + b"\n")
        line = self.lines.readline()
        check(line, "the admin port closed the connection")
        return json.loads(line)

    def answer(self, method, params):
        return self.exchange({"jsonrpc": "2.0", "id": 0, "method": method, "params": params})

    def ask(self, method, **params):
        answer = self.answer(method, params)
        check("result" in answer, f"{method}: {answer}")
        return answer["result"]

    def error(self, method, **params):
        answer = self.answer(method, params)
        check("error" in answer, f"{method}: no error but {answer}")
        return answer["error"]["code"], answer["error"]["message"]


class AdminServer(LiveServer):
    """A server with an admin port, which opens before the others."""

    def __init__(self, work, *words):
        work.mkdir()
        super().__init__(SLUICE, work, *CHAIN, "--http", "", *words)
        self.admin_port = free_port()
        at = self.words.index("--services") + 1
        self.words[at] += f",rpc://127.0.0.1:{self.admin_port}"

    def start_early(self):
        """Without waiting for the clients' services."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(word) for word in self.words], stderr=log)
        eventually(lambda: same(b"listening on rpc://" in self.log.read_bytes(), True, self.log.read_text()[-800:]))


def following(node, name, *words):
    return AdminServer(WORK / name, "--daemon-url", f"http://127.0.0.1:{node.ready['rpc_port']}/", "--daemon-cookie",
                       node.ready["cookie_file"], "--blocks-dir", node.ready["blocks_dir"], *words)


def devnet(name):
    return Node(SLUICE, WORK / name, "--blocks", "30", "--txs-per-block", "5")


@test
def it_is_there_before_the_node_is():
    server = AdminServer(WORK / "early", "--daemon-url", f"http://u:secret@127.0.0.1:{free_port()}/")
    server.start_early()
    try:
        admin = Admin(server.admin_port)
        info = admin.ask("getinfo")
        equal(list(info), INFO_KEYS, "getinfo")
        equal((info["db height"], info["pid"], info["coin"]), (-1, server.process.pid, "Radiant"), "getinfo")
        check(re.fullmatch(r"127\.0\.0\.1:\d+/", info["daemon"]), info["daemon"])
        equal(admin.error("reorg", count=3), (1, "still catching up with daemon"), "reorg")
        equal(admin.error("query", items=["00"], limit=1)[0], 1, "query")
        equal(admin.ask("groups")[0][:2], ["127.0.0", 1], "groups")
        equal(admin.ask("stop"), "stopping", "stop")
        equal(server.process.wait(PATIENCE_S), 0, "exit status")
        check("secret" not in server.log.read_text(), "a password in the log")
    finally:
        server.kill()


@test
def sessions_are_listed_logged_and_disconnected():
    with devnet("node-sessions") as node, following(node, "sessions", "--log-sessions", "1s", "--anon-logs") as server:
        client, other, admin = LiveClient(server.port), LiveClient(server.port), Admin(server.admin_port)
        client.ask("server.version", "walleting for you", "1.4")
        check("error" in client.answer("no.such.method"), "an unknown method is answered")
        rows = admin.ask("sessions")
        equal([len(row) for row in rows], [15, 15, 15], "row lengths")
        by_peer = {row[2]: row for row in rows}
        equal(len(by_peer), 3, "peers")
        mine = by_peer["127.0.0.1:%d" % client.socket.getsockname()[1]]
        equal((mine[0], mine[1], mine[3], mine[4]), (0, "T10", "walleting for you", "1.4"), "row")
        check(all(type(cell) is int for cell in mine[5:]), f"{mine}")
        equal((mine[7], mine[8], mine[9], mine[10], mine[12]), (0, 0, 1, 3, 3), "pending, txs, subs, lines in and out")
        check(mine[11] > 100 and mine[13] > 100 and mine[5] > 100, f"sizes and cost: {mine}")
        equal(by_peer["127.0.0.1:%d" % admin.socket.getsockname()[1]][1], "R10", "the operator's own flags")

        info = admin.ask("getinfo")
        equal(list(info), INFO_KEYS, "getinfo")
        equal(list(info["sessions"]), SESSION_SUMS, "sessions")
        equal(info["sessions"], {"count": 3, "count with subs": 2, "errors": 1, "logged": 0, "pending requests": 0, "subs": 2}, "sessions")
        equal(info["request counts"], {"blockchain.headers.subscribe": 2, "server.version": 1}, "request counts")
        equal((info["request total"], info["db height"], info["daemon height"]), (3, 30, 30), "figures")
        equal(info["merkle cache"], "0 lookups 0 hits 0 entries", "a cache")
        groups = admin.ask("groups")
        equal([len(row) for row in groups], [11] * len(groups), "row lengths")
        equal((groups[0][0], groups[0][1], groups[0][6]), ("127.0.0", 3, 2), "the group of the network")

        equal(admin.ask("log", session_ids=["0", "new", "77"]), ["logging session 0", "logging new sessions", "unknown: 77"], "log")
        client.ask("server.ping")
        equal(admin.ask("sessions")[0][1], "TL10", "flags")
        LiveClient(server.port)
        text = server.log.read_text()
        check("session 0 xx.xx.xx.xx:xx: server.ping" in text, text[-500:])
        check("session 3 xx.xx.xx.xx:xx: blockchain.headers.subscribe" in text, text[-500:])
        equal(admin.ask("log", session_ids=["0", "none"]), ["not logging session 0", "logging no sessions"], "log")
        eventually(lambda: same(bool(re.search(r"session 1 T10 xx\.xx\.xx\.xx:xx client ", server.log.read_text())), True, "the dump"))
        check("127.0.0.1:%d" % client.socket.getsockname()[1] not in server.log.read_text(), "an address in the log")

        equal(admin.error("disconnect", session_ids=[0]), (1, "expected a list of session IDs"), "disconnect")
        equal(admin.error("log", session_ids="0"), (1, "expected a list of session IDs"), "log")
        equal(admin.ask("disconnect", session_ids=["0", "9"]), ["disconnecting session 0", "unknown: 9"], "disconnect")
        check(client.lines.readline() == b"", "the client is still connected")
        eventually(lambda: same(0 in [row[0] for row in admin.ask("sessions")], False, "session 0"))
        equal(admin.ask("disconnect", session_ids=["all"]), ["disconnecting all sessions"], "disconnect")
        check(other.lines.readline() == b"", "the other is still connected")
        equal([row[1] for row in eventually_one(admin)], ["R10"], "who is left")


def eventually_one(admin):
    eventually(lambda: same(len(admin.ask("sessions")), 1, "sessions"))
    return admin.ask("sessions")


@test
def scripts_are_looked_up_and_reorgs_made():
    with devnet("node-query") as node, following(node, "query") as server:
        client, admin = LiveClient(server.port), Admin(server.admin_port)
        txid = client.ask("blockchain.transaction.id_from_pos", 1, 0)
        paid = client.ask("blockchain.transaction.get", txid, True)["vout"][0]["scriptPubKey"]
        script, address = paid["hex"], paid["addresses"][0]
        lines = admin.ask("query", items=[script, "neither", address], limit=1000)
        half = len(lines) // 2
        equal((lines[0], lines[half]), (f"Script: {script}", f"Address: {address}"), "items")
        equal(lines[1:half], lines[half + 1:], "one script, two ways")
        history = [line for line in lines[:half] if line.startswith("History #")]
        equal(history[0], f"History #0: height 1 tx_hash {txid}", "history")
        check(re.fullmatch(r"Balance: [\d,]+(\.\d*[1-9])? RXD", lines[half - 1]), lines[half - 1])
        equal(admin.ask("query", items=[script], limit=1)[1], history[0], "limited")
        equal(admin.ask("query", items=["51" * 40], limit=5),
              ["Script: " + "51" * 40, "No history found", "No UTXOs found", "Balance: 0 RXD"], "nothing there")
        many = admin.exchange([{"jsonrpc": "2.0", "id": i, "method": method, "params": params}
                               for i, (method, params) in enumerate([("peers", []), ("query", [[script], 1]), ("nothing", [])])])
        equal([many[0]["result"], many[1]["result"][0], many[2]["error"]["code"]], [[], f"Script: {script}", -32601], "a batch")

        equal(admin.ask("reorg", count=3), "scheduled a reorg of 3 blocks", "reorg")
        eventually(lambda: same(b"reorg: 3 blocks are disconnected" in server.log.read_bytes(), True, "the reorg"))
        eventually(lambda: same(admin.ask("getinfo")["db height"], 30, "the way back"))
        equal(admin.ask("query", items=[script], limit=1000), lines[:half], "after the reorg")
        equal(admin.error("reorg", count=100_000)[0], 1, "a reorg too deep")

        code, text = admin.error("daemon_url", daemon_url="http://:bad:/")
        check(code == 1 and text.startswith("an error occured: CoinError("), text)
        port = node.ready["rpc_port"]
        equal(admin.ask("daemon_url", daemon_url=f"127.0.0.1:{port}"), f"now using daemon at 127.0.0.1:{port}/", "daemon_url")
        equal(admin.ask("daemon_url", daemon_url=""), f"now using daemon at 127.0.0.1:{port}/", "daemon_url")
        node.do("mine", blocks=1)
        eventually(lambda: same(admin.ask("getinfo")["db height"], 31, "following after the change"))
        equal(admin.error("add_peer", real_name="host t50001")[0], 1, "add_peer")

        called = subprocess.run([SLUICE, "call", f"rpc://127.0.0.1:{server.admin_port}", "getinfo"], capture_output=True, text=True, timeout=60)
        equal((called.returncode, list(json.loads(called.stdout or "{}"))), (0, INFO_KEYS), called.stderr)
        admin.ask("stop")
        equal(server.process.wait(PATIENCE_S), 0, "exit status")


run_tests(WORK, sys.argv[2:])

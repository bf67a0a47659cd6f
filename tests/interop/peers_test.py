#!/usr/bin/env python3
"""Peer discovery between real servers on loopback addresses of their own, and with scripted peers: one that lies, one
that records how it is asked to list a server, one behind a SOCKS5 proxy.

usage: peers_test.py SLUICE [NAME...]

With names only the tests whose names hold one of them. Closes with `N passed, M failed`.
"""
import json, os, re, shutil, signal, socket, subprocess, sys, tempfile, threading, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Failed, equal
from named_tests import run_tests, test

SLUICE = os.path.abspath(sys.argv[1])
WORK = Path(tempfile.mkdtemp(prefix="sluice-peers-"))
CHAIN = ["--coin", "Radiant", "--net", "regtest"]
PATIENCE = 120  # seconds; only a hang takes so long


def eventually(what, got, is_there):
    """Asks until the answer is as wanted; there is no event to wait for from outside."""
    until = time.monotonic() + PATIENCE
    while True:
        last = got()
        if is_there(last):
            return last
        if time.monotonic() > until:
            raise Failed(f"{what} did not come: {str(last)[:600]}")
        time.sleep(0.02)


def run(*words):
    result = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=120)
    if result.returncode != 0:
        raise Failed(result.stderr[-600:])


def make_index():
    run(SLUICE, "devnet", "--dir", WORK / "blocks", *CHAIN, "--blocks", 10, "--txs-per-block", 2, "--seed", 1)
    run(SLUICE, "sync", "--db-dir", WORK / "db", "--blocks-dir", WORK / "blocks", *CHAIN)
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=nobody", "-keyout", WORK / "key", "-out", WORK / "crt")


def free_port(host):
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class Server:
    """`sluice serve --offline` at an address of its own, until the end of a with block."""

    def __init__(self, host, *words, protocol="tcp", db=None):
        self.host, self.port, self.words = host, free_port(host), words
        self.protocol, self.db = protocol, db or host
        self.place = f"{protocol}://{host}:{self.port}"
        self.name = f"{host} {'s' if protocol == 'ssl' else 't'}{self.port}"

    def __enter__(self):
        if not (WORK / self.db).exists():
            shutil.copytree(WORK / "db", WORK / self.db)
        self.log_file = WORK / f"{self.db}.log"
        command = [SLUICE, "serve", "--offline", *CHAIN, "--db-dir", WORK / self.db, "--blocks-dir", WORK / "blocks",
                   "--services", self.place, "--ssl-certfile", WORK / "crt", "--ssl-keyfile", WORK / "key", "--threads", "1",
                   "--memory-budget", "128MiB", "--allow-root", *self.words]
        with open(self.log_file, "w") as log:
            self.process = subprocess.Popen([*map(str, command)], stderr=log,
                                            env={**os.environ, "PEER_ANNOUNCE": self.announce()})
        eventually("listening", lambda: (self.process.poll(), self.log()),
                   lambda seen: seen[0] is not None or "listening on" in seen[1])
        equal(self.process.poll(), None, self.log()[-600:])
        return self

    def announce(self):
        return ""

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        equal(status, 0, "exit status: " + self.log()[-600:])

    def log(self):
        return self.log_file.read_text()

    def call(self, method, *params):
        result = subprocess.run([SLUICE, "call", self.place, method, *map(json.dumps, params)], capture_output=True,
                                text=True, timeout=60)
        if result.returncode != 0:
            raise Failed(f"{method}: {result.stderr}")
        return json.loads(result.stdout)

    def peers(self):
        return {name for _, name, _ in self.call("server.peers.subscribe")}


class Discovering(Server):
    def __init__(self, host, *words, **more):
        super().__init__(host, *words, **more)
        self.words = [*words, "--peer-discovery", "on", "--report-services", self.place]


class Announcing(Server):
    def announce(self):
        return "1"


class ScriptedPeer:
    """Answers about the chain as `behind` does, and about itself what it is told to; behind a SOCKS5 proxy if wanted."""

    def __init__(self, host, behind, name=None, by_proxy=False, **features):
        self.listener = socket.create_server((host, 0))
        self.port = self.listener.getsockname()[1]
        self.behind, self.by_proxy = behind, by_proxy
        self.name = name or host
        self.features = {**behind.call("server.features"), "hosts": {self.name: {"tcp_port": self.port}}, **features}
        self.added, self.proxied, self.is_open = [], [], True

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_open = False
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as lines:
                try:
                    if not self.by_proxy or self.be_proxy(lines):
                        self.talk(lines)
                except (ConnectionError, ValueError):
                    pass

    def be_proxy(self, lines):
        """SOCKS5, RFC 1928: no authentication, CONNECT to a domain name."""
        version, count = lines.read(2)
        lines.read(count)
        lines.write(bytes([5, 0]))
        lines.flush()
        head = lines.read(4)
        host = lines.read(lines.read(1)[0]).decode() if head[3] == 3 else f"address type {head[3]}"
        port = int.from_bytes(lines.read(2), "big")
        self.proxied.append((version, head[:3], host, port))
        lines.write(bytes([5, 0, 0, 1, 127, 0, 0, 1, 0, 1]))
        lines.flush()
        return True

    def talk(self, lines):
        for line in lines:
            request = json.loads(line)
            method, params = request["method"], request["params"]
            if method == "server.features":
                result = self.features
            elif method == "server.peers.subscribe":
                result = []
            elif method == "server.add_peer":
                self.added.append(params[0])
                result = True
            else:
                result = self.behind.call(method, *params)
            lines.write(json.dumps({"jsonrpc": "2.0", "result": result, "id": request["id"]}).encode() + b"\n")
            lines.flush()


@test
def servers_find_each_other():
    with Discovering("127.1.0.3", protocol="ssl") as third, \
            Discovering("127.1.0.2", "--peers", third.name) as second, \
            Discovering("127.1.0.1", "--peers", f"{second.name}, 127.1.0.9 t1") as first:
        everybody = {first.host, second.host, third.host}
        eventually("the third at the first", first.peers, lambda peers: peers == everybody)
        eventually("the third at the second", second.peers, lambda peers: peers == {second.host, third.host})
        eventually("the third itself", third.peers, lambda peers: peers == {third.host})
        entry = next(entry for entry in first.call("server.peers.subscribe") if entry[1] == third.host)
        equal(entry, [third.host, third.host, ["v1.6", f"s{third.port}"]], "an entry")

        # From its own address a server is taken, from another one it is not.
        features = first.call("server.features")
        for source, is_taken in (("127.1.0.2", False), ("127.1.0.1", True), ("127.1.0.1", False)):
            equal(add_from(source, second, features), is_taken, f"server.add_peer from {source}")
        eventually("the first at the second", second.peers, lambda peers: peers == everybody)
    # The others are gone; the first remembers that they were good.
    with Discovering("127.1.0.1") as again:
        eventually("those remembered", again.peers, lambda peers: peers == everybody)


def add_from(source, server, features):
    with socket.create_connection((server.host, server.port), 60, (source, 0)) as connection:
        connection.sendall(json.dumps({"id": 0, "method": "server.add_peer", "params": [features]}).encode() + b"\n")
        return json.loads(connection.makefile().readline())["result"]


@test
def without_discovery_nothing_is_known():
    with Server("127.1.1.1", "--peers", "127.1.0.9 t1") as server:
        equal(server.peers(), set(), "peers on regtest, where discovery is off if not asked for")
        features = {**server.call("server.features"), "hosts": {"127.1.1.2": {"tcp_port": 1}}}
        equal(add_from("127.1.1.2", server, features), False, "server.add_peer")
    with Server("127.1.1.3", "--peer-discovery", "self") as server:
        equal(add_from("127.1.1.2", server, features), False, "server.add_peer with self")


@test
def a_liar_is_not_listed():
    with Server("127.1.2.1") as honest, \
            ScriptedPeer("127.1.2.2", honest, genesis_hash="00" * 32) as liar, \
            Discovering("127.1.2.3", "--peers", f"127.1.2.2 t{liar.port}") as server:
        eventually("the verdict", server.log, lambda log: "127.1.2.2 is no peer of ours: its chain has another genesis" in log)
        eventually("itself", server.peers, lambda peers: peers == {server.host})


@test
def a_public_server_announces_itself():
    with Server("127.1.3.1") as honest, ScriptedPeer("127.1.3.2", honest) as peer, \
            Announcing("127.1.3.3", "--peer-discovery", "on", "--report-services", "tcp://sluice.example:50010,wss://sluice.example:7",
                       "--peers", f"127.1.3.2 t{peer.port}"):
        asked = eventually("the announcement", lambda: peer.added, lambda added: added)[0]
        equal(asked["hosts"], {"sluice.example": {"tcp_port": 50010, "wss_port": 7}}, "hosts announced")
        equal(asked["genesis_hash"], honest.call("server.features")["genesis_hash"], "genesis announced")


@test
def onion_peers_are_reached_through_the_proxy():
    onion = "a" * 56 + ".onion"
    with Server("127.1.4.1") as honest, ScriptedPeer("127.0.0.1", honest, name=onion, by_proxy=True) as peer, \
            Discovering("127.1.4.3", "--peers", f"{onion} t50001", "--tor-proxy-port", peer.port) as server:
        eventually("the onion peer", server.peers, lambda peers: onion in peers)
        equal(peer.proxied[0], (5, bytes([5, 1, 0]), onion, 50001), "what the proxy was asked")
        equal([entry[0] for entry in server.call("server.peers.subscribe") if entry[1] == onion], [onion], "its place")


@test
def peers_that_cannot_be_read_are_an_error():
    process = subprocess.run([SLUICE, "serve", "--offline", *CHAIN, "--db-dir", WORK / "db", "--blocks-dir", WORK / "blocks",
                              "--services", "tcp://127.0.0.1:1", "--peer-discovery", "on", "--peers", "example.org t0",
                              "--allow-root"], capture_output=True, text=True, timeout=60)
    equal(process.returncode != 0 and "--peers: peer example.org: a port is 1 to 65535" in process.stderr, True, process.stderr)


make_index()
run_tests(WORK, sys.argv[2:])

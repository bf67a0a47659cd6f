#!/usr/bin/env python3
"""A server beside a node as an operator meets it: catching up, serving meanwhile, stopping.

usage: operator_test.py SLUICE [NAME...]

With names only the tests whose names hold one of them. Closes with `N passed, M failed`.
"""
import json, os, re, shutil, signal, subprocess, sys, tempfile, time, urllib.error, urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))
from devnet_node import Node, check, equal
from live_server import PATIENCE, LiveClient, LiveServer, eventually, free_port, same
from named_tests import run_tests, test

SLUICE = os.path.abspath(sys.argv[1])
WORK = Path(tempfile.mkdtemp(prefix="sluice-operator-"))
WORK.chmod(0o755)  # another user must get in
CHAIN = ["--coin", "Radiant", "--net", "regtest"]


def follow_words(node):
    return [*CHAIN, "--daemon-url", f"127.0.0.1:{node.ready['rpc_port']}", "--daemon-cookie", node.ready["cookie_file"], "--http", ""]


def made(name):
    """A directory of its own for a test."""
    path = WORK / name
    path.mkdir()
    return path


def wait_for_log(server, pattern):
    deadline = time.monotonic() + PATIENCE
    while not (found := re.search(pattern, server.log.read_text())):
        check(server.process.poll() is None, f"serve ended: {server.log.read_text()[-1000:]}")
        check(time.monotonic() < deadline, f"serve never said {pattern}: {server.log.read_text()[-1000:]}")
        time.sleep(0.005)
    return found


def launch(server):
    """Starts a server without waiting for its services."""
    with open(server.log, "ab") as log:
        server.process = subprocess.Popen([str(word) for word in server.words], stderr=log)


def verify(db, blocks):
    result = subprocess.run([SLUICE, "verify", *CHAIN, "--db-dir", db, "--blocks-dir", blocks], capture_output=True, text=True, timeout=PATIENCE)
    check(result.returncode == 0, f"verify: {result.stdout[-600:]}{result.stderr[-600:]}")


@test
def an_empty_index_is_built_as_sync_does_and_then_followed():
    work = made("catch-up")
    with Node(SLUICE, work / "node", "--blocks", "120", "--txs-per-block", "20") as node:
        server = LiveServer(SLUICE, work, *follow_words(node), "--blocks-dir", node.dir)
        with server:
            said = server.log.read_text()
            check(re.search(r"INFO:serve:the index is far behind.*\n(?:.*\n)*.*INFO:sync:index at height 120: .* 121 blocks added", said), said[-1000:])
            client = LiveClient(server.port)
            equal(client.tip["height"], 120, "the tip")
            node.do("mine", transactions=5)
            eventually(lambda: same(client.ask("blockchain.headers.subscribe")["height"], 121, "the tip after a block"))
            server.stop()
            server.start()
            check(server.log.read_text().count("the index is far behind") == 1, "one block more is followed, not synced")
            equal(LiveClient(server.port).tip["height"], 121, "the tip after a restart")
            server.stop()
        verify(work / "db", node.dir)


@test
def a_stop_while_catching_up_is_clean_and_the_next_start_goes_on():
    work = made("stopped")
    with Node(SLUICE, work / "node", "--blocks", "150", "--txs-per-block", "300") as node:
        server = LiveServer(SLUICE, work, *follow_words(node), "--blocks-dir", node.dir)
        launch(server)
        wait_for_log(server, "the index is far behind")
        server.stop()  # its exit status is looked at
        check("stopped as asked, before the services were open" in server.log.read_text(), server.log.read_text()[-1000:])
        with server:
            equal(LiveClient(server.port).tip["height"], 150, "the tip")
            server.stop()
        verify(work / "db", node.dir)


@test
def services_open_while_syncing_when_asked_and_readyz_says_so():
    work = made("meanwhile")
    http = free_port()

    def ready():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{http}/readyz", timeout=PATIENCE) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    # By RPC, 2,000 blocks at a time; the node is held still once the first are there.
    with Node(SLUICE, work / "node", "--blocks", "3000", "--txs-per-block", "0") as node:
        node.do("latency", ms=5)
        server = LiveServer(SLUICE, work, *follow_words(node)[:-2], "--http", f"127.0.0.1:{http}", "--serve-while-syncing")
        launch(server)
        try:
            wait_for_log(server, r"INFO:follow:height 1,999 \(66\.\d %\), 2000 blocks added")
            node.process.send_signal(signal.SIGSTOP)
            wait_for_log(server, "listening on tcp://.* height 1,999")
            client = LiveClient(server.port)
            equal(client.tip["height"], 1999, "the tip so far")
            check(client.ask("blockchain.block.header", 1999) == client.tip["hex"], "not the header of the tip")
            said = ready()
            check(not said["ready"] and said["state"] == "behind" and said["height"] == 1999 and said["node_height"] == 3000, f"{said}")
            node.process.send_signal(signal.SIGCONT)
            node.do("latency", ms=0)
            eventually(lambda: same(client.ask("blockchain.headers.subscribe")["height"], 3000, "the tip at the end"))
            eventually(lambda: same(ready()["ready"], True, "ready"))
            server.stop()
        finally:
            node.process.send_signal(signal.SIGCONT)
            server.kill()


@test
def sigterm_answers_what_was_received():
    work = made("drained")
    with Node(SLUICE, work / "node", "--blocks", "30", "--txs-per-block", "5") as node:
        with LiveServer(SLUICE, work, *follow_words(node), "--blocks-dir", node.dir, "--threads", "1") as server:
            asks_node, pipelines = LiveClient(server.port), LiveClient(server.port)
            node.do("latency", ms=400)
            asks_node.send([("blockchain.transaction.broadcast", "00")])
            requests = [("blockchain.block.header", height % 31) for height in range(100)]
            first = pipelines.next_id + 1
            pipelines.send(requests)
            pipelines.receive(first)  # one loop: it has received what was sent before
            server.process.send_signal(signal.SIGTERM)
            for i in range(1, len(requests)):
                check("result" in pipelines.receive(first + i), f"request {i}")
            check("error" in asks_node.receive(asks_node.next_id), "the node's answer")
            check(asks_node.lines.readline() == b"" and pipelines.lines.readline() == b"", "more than the answers")
            equal(server.process.wait(PATIENCE), 0, "exit status")


def environment_of(name, db, node):
    """The variables of an image, with this machine's places, ports and network instead of the image's; and the ports."""
    lines = (Path(__file__).parent / "environments" / f"{name}.env").read_text().splitlines()
    variables = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    image_db = variables["DB_DIRECTORY"]
    variables = {key: value.replace(image_db, str(db)) for key, value in variables.items()}
    variables["NET"] = "regtest"
    variables["DAEMON_URL"] = variables["DAEMON_URL"].replace("localhost:7332", f"127.0.0.1:{node.ready['rpc_port']}")
    ports = {}

    def elsewhere(service):
        ports[service.group(1)] = free_port()
        return f"{service.group(1)}://127.0.0.1:{ports[service.group(1)]}"

    variables["SERVICES"] = re.sub(r"(\w+)://[\d.]+:\d+", elsewhere, variables["SERVICES"])
    return variables, ports


class FromEnvironment:
    """`sluice serve` that gets nothing but variables, as an image's user, until the end of a with block."""

    def __init__(self, work, variables, is_root):
        program = work / "sluice"  # the build directory may be closed to others
        shutil.copy(SLUICE, program)
        self.log, self.words = work / "serve.log", [program, "serve"]
        self.env = {"PATH": os.environ["PATH"], "HOME": str(work), **variables}
        self.user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 and not is_root else {}

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(word) for word in self.words], stderr=log, env=self.env, **self.user)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def refused(self):
        """Standard error of a start that must be refused."""
        result = subprocess.run([str(word) for word in self.words], env=self.env, capture_output=True, text=True, timeout=PATIENCE, **self.user)
        check(result.returncode == 2, f"exit status {result.returncode}: {result.stderr[-1000:]}")
        return result.stderr


def call(address, method, *params):
    result = subprocess.run([SLUICE, "call", address, method, *params], capture_output=True, text=True, timeout=PATIENCE)
    check(result.returncode == 0, f"{address} {method}: {result.stderr[-600:]}")
    return json.loads(result.stdout)


def an_environment_file_of_an_image_starts_the_server(name, is_root, ignored):
    work = made(name)
    db = work / "electrumdb"
    db.mkdir()
    db.chmod(0o777)
    for path in (work, db):
        path.chmod(0o777)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-keyout", db / "server.key", "-out", db / "server.crt"], check=True, capture_output=True)
    (db / "server.key").chmod(0o644)
    with Node(SLUICE, work / "node", "--blocks", "30", "--txs-per-block", "5", "--rpc-user", "user", "--rpc-password", "pass") as node:
        variables, ports = environment_of(name, db, node)
        # A variable that the peers refuse to start with is refused; two that shells and containers set are not.
        check("TCP_PORT" in FromEnvironment(work, {**variables, "TCP_PORT": "50010"}, is_root).refused(), "TCP_PORT")
        with FromEnvironment(work, {**variables, "HOST": "a6b1", "RPC_PORT": "8000"}, is_root) as server:
            for protocol in ("tcp", "ssl", "wss"):
                wait_for_log(server, rf"listening on {protocol}://127\.0\.0\.1:{ports[protocol]} ")
                equal(call(f"{protocol}://127.0.0.1:{ports[protocol]}", "server.version", "test", '"1.4"')[1], "1.4", protocol)
            check(call(f"rpc://127.0.0.1:{ports['rpc']}", "getinfo"), "the admin port")
            client = LiveClient(ports["tcp"])
            equal(client.tip["height"], 30, "the tip")
            scripthash = "ab" * 32
            client.subscribe([scripthash])
            client.ask("blockchain.scripthash.get_history", scripthash)
            said = server.log.read_text()
            for word in (*ignored, "HOST", "RPC_PORT"):
                check(re.search(rf"config:environment {word}: ", said), f"nothing is said of {word}: {said}")
            check("ERROR" not in said and "CRITICAL" not in said, said)
            own_port = client.socket.getsockname()[1]
            check(scripthash not in said and not re.search(rf":{own_port}\b", said), "the log names a client")
            with open(f"/proc/{server.process.pid}/status") as status:
                resident_kib = int(re.search(r"VmRSS:\s*(\d+)", status.read()).group(1))
            check(os.environ.get("SLUICE_SANITIZED") == "1" or resident_kib < 400 * 1024, f"{resident_kib} KiB for 30 blocks: CACHE_MB is a limit, not a need")
            server.process.send_signal(signal.SIGTERM)
            equal(server.process.wait(PATIENCE), 0, "exit status")
        check((db / "blocks" / "blk00000.dat").exists(), "without block files they come by RPC")


@test
def an_electrumx_environment_starts_the_server():
    an_environment_file_of_an_image_starts_the_server("electrumx", True, ["DB_ENGINE", "EVENT_LOOP_POLICY"])


@test
def an_rxindexer_environment_starts_the_server():
    an_environment_file_of_an_image_starts_the_server("rxindexer", False, ["DB_ENGINE", "GLYPH_INDEX", "WAVE_INDEX", "REST_API_ENABLED"])


run_tests(WORK, sys.argv[2:])

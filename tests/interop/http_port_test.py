#!/usr/bin/env python3
"""The HTTP port of the real program: metrics that Prometheus' own checker takes, health and readiness while the
node comes and goes, the port taken by somebody else.

usage: http_port_test.py SLUICE [NAME...]

With names only the tests whose names hold one of them. Closes with `N passed, M failed`.
"""
import http.client, json, os, re, shutil, signal, socket, subprocess, sys, tempfile, threading, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Failed, Node, check, equal
from live_server import LiveClient, free_port
from named_tests import run_tests, test

SLUICE = os.path.abspath(sys.argv[1])
WORK = Path(tempfile.mkdtemp(prefix="sluice-http-"))
CHAIN = ["--coin", "Radiant", "--net", "regtest"]
PATIENCE_S = 120


class Server:
    """`sluice serve` until the end of a with block; its log is kept."""

    def __init__(self, db, *more, http_port=None):
        self.port, self.http_port = free_port(), http_port or free_port()
        self.arguments = ["serve", *CHAIN, "--db-dir", WORK / db, "--services", f"tcp://127.0.0.1:{self.port}",
                          "--http", f"127.0.0.1:{self.http_port}", "--allow-root", *more]
        self.log = []

    def __enter__(self):
        self.process = subprocess.Popen([SLUICE, *map(str, self.arguments)], stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=lambda: self.log.extend(iter(self.process.stderr.readline, "")))
        self.reader.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.reader.join()
        self.process.stderr.close()

    def ask(self, path, method="GET", body=None):
        """Status, fields and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=60)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()

    def get(self, path, method="GET"):
        """Status, content type and body."""
        status, fields, body = self.ask(path, method)
        return status, fields["Content-Type"], body

    def post(self, *requests):
        """The answers of a wallet's requests, posted as one and as a batch."""
        bodies = [{"jsonrpc": "2.0", "id": i, "method": method, "params": params} for i, (method, params) in enumerate(requests)]
        singles = [self.ask("/", "POST", json.dumps(body)) for body in bodies]
        equal([status for status, _, _ in singles], [200] * len(bodies), "statuses")
        answers = [json.loads(text) for _, _, text in singles]
        equal(json.loads(self.ask("/", "POST", json.dumps(bodies))[2]), answers, "the batch")
        return answers

    def health(self, path):
        status, kind, body = self.get(path)
        equal(kind, "application/json", "content type")
        return status, json.loads(body)

    def wait_for(self, what, path, is_there):
        """Asks until the answer is as wanted; there is no event to wait for from outside."""
        until, last = time.monotonic() + PATIENCE_S, None
        while time.monotonic() < until:
            check(self.process.poll() is None, "serve ended: " + "".join(self.log)[-800:])
            try:
                last = self.health(path)
                if is_there(*last):
                    return last
            except OSError as error:
                last = error
            time.sleep(0.05)
        raise Failed(f"{what} did not come: {last}; {''.join(self.log)[-800:]}")


def samples(text):
    """{"name{labels}": value} of the text form."""
    return {name: float(value) for name, value in re.findall(r"^([^# ].*) (\S+)$", text, re.M)}


def promtool(text):
    if shutil.which("promtool") is None:
        print("        promtool is not applicable: it is not installed (Debian package prometheus)")
        return
    result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60)
    equal((result.returncode, result.stdout + result.stderr), (0, ""), "promtool check metrics")


def node_arguments(node):
    return ["--daemon-url", f"http://127.0.0.1:{node.ready['rpc_port']}/", "--daemon-cookie", node.ready["cookie_file"],
            "--blocks-dir", node.ready["blocks_dir"]]


def synced(name):
    """An index of 30 blocks, and the block files."""
    blocks = WORK / f"{name}-blocks"
    for words in (["devnet", "--dir", blocks, *CHAIN, "--blocks", 30, "--txs-per-block", 5],
                  ["sync", *CHAIN, "--db-dir", WORK / name, "--blocks-dir", blocks]):
        result = subprocess.run([SLUICE, *map(str, words)], capture_output=True, text=True, timeout=120)
        check(result.returncode == 0, result.stderr[-600:])
    return blocks


@test
def health_and_readiness_follow_the_node():
    port = str(free_port())
    node_words = ["--rpc-port", port, "--blocks", "30", "--txs-per-block", "5"]
    with Node(SLUICE, WORK / "node", *node_words) as node, Server("live", *node_arguments(node)) as server:
        _, ready = server.wait_for("readiness", "/readyz", lambda status, _: status == 200)
        equal(ready, {"state": "serving", "node": "reachable", "height": 30, "node_height": 30, "ready": True, "reason": ""}, "/readyz")
        client = LiveClient(server.port)
        check("error" in client.answer("server.ping", 1), "an argument too many")
        node.do("mine", blocks=3)
        server.wait_for("new blocks", "/readyz", lambda status, said: status == 200 and said["height"] == 33)
        while client.tip["height"] < 33:
            message = json.loads(client.lines.readline())
            client.note(message["method"], message["params"])
        status, kind, text = server.get("/metrics")
        equal((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"), "/metrics")
        promtool(text)
        values = samples(text)
        for name, value in (("sluice_index_height", 33), ("sluice_node_height", 33), ("sluice_blocks_connected_total", 3),
                            ("sluice_listening", 1), ("sluice_subscriptions", 1), ('sluice_node_condition{condition="reachable"}', 1), ("sluice_sessions", 1),
                            ('sluice_request_duration_seconds_count{method="blockchain.headers.subscribe"}', 1),
                            ('sluice_request_errors_total{code="-32602"}', 1), ('sluice_client_received_lines_total{transport="tcp"}', 2),
                            ('sluice_client_received_lines_total{transport="ssl"}', 0), ('sluice_flat_file_bytes{file="headers"}', 34 * 80)):
            equal(values.get(name), value, name)
        swaps = client.answer("getswapindexinfo")["result"]
        check(swaps["open_orders"] > 0, f"swaps: {swaps}")
        for name, value in (('sluice_swap_orders{standing="open"}', swaps["open_orders"]), ("sluice_swap_blocks_behind", 0),
                            ('sluice_swap_orders{standing="history"}', swaps["history_orders"])):
            equal(values.get(name), value, name)
        changed = {change: values[f'sluice_swap_changes_total{{change="{change}"}}'] for change in ("closed", "reopened", "pruned")}
        equal(changed["closed"] - changed["reopened"] - changed["pruned"], swaps["history_orders"], f"{changed}")
        check(sum(value for name, value in values.items() if name.startswith("sluice_swap_offers_total{")) >= swaps["open_orders"], "offers read")
        check(values["sluice_swap_cache_hits_total"] + values["sluice_swap_cache_misses_total"] > 0, "the cache of swaps")
        equal(samples(server.get("/metrics")[2])['sluice_request_duration_seconds_count{method="getswapindexinfo"}'], 1, "latency")
        check(values["process_resident_memory_bytes"] > 1e6, "resident memory")
        for name in ('sluice_notifications_sent_total{transport="tcp"}', 'sluice_client_sent_bytes_total{transport="tcp"}', "sluice_memtable_bytes",
                     'sluice_stage_transactions_total{stage="parse"}', 'sluice_stage_busy_seconds_total{stage="write"}'):
            check(values[name] > 0, name)

        equal(node.stop(), 0, "the node's exit status")
        _, said = server.wait_for("the node's absence", "/readyz", lambda _, said: said["state"] == "node_away")
        check("unreachable" in said["reason"] and not said["ready"], str(said))
        status, said = server.health("/healthz")
        equal((status, said), (200, {"state": "node_away", "node": "unreachable", "height": 33, "node_height": 33}), "/healthz")
        equal(samples(server.get("/metrics")[2])['sluice_node_condition{condition="unreachable"}'], 1, "the condition")


@test
def a_server_whose_node_never_answers_is_alive_but_not_ready():
    words = ["--daemon-url", f"u:p@127.0.0.1:{free_port()}", "--blocks-dir", synced("no-node")]
    with Server("no-node", *words) as server:
        status, said = server.wait_for("health", "/healthz", lambda _, said: said["node"] == "unreachable")
        equal(status, 200, "/healthz")
        status, said = server.health("/readyz")
        check(status == 503 and said["node_height"] is None and "unreachable" in said["reason"], f"{status} {said}")


@test
def an_index_without_a_node_is_served():
    with Server("offline", "--offline", "--blocks-dir", synced("offline")) as server:
        server.wait_for("readiness", "/readyz", lambda status, said: status == 200 and said["height"] == 30)
        equal(server.health("/healthz"), (200, {"state": "serving", "node": "offline", "height": 30, "node_height": None}), "/healthz")
        promtool(server.get("/metrics")[2])
        equal([server.get("/nothing")[0], server.get("/metrics", "POST")[0], server.get("/metrics", "HEAD")[::2]], [404, 405, (200, "")], "statuses")


@test
def swap_calls_are_answered_as_on_the_other_transports():
    token = "ab" * 32
    requests = [("getswapindexinfo", []), ("getswapcount", [token]), ("getopenorders", [token, 10, 0]), ("getswapcountbywant", ["x"])]
    with Server("swaps", "--offline", "--blocks-dir", synced("swaps"), "--http-origin", "https://wallet.example") as server:
        server.wait_for("readiness", "/readyz", lambda status, _: status == 200)
        client = LiveClient(server.port)
        posted = server.post(*requests)
        for answer, (method, params) in zip(posted, requests):
            on_line = client.answer(method, *params)
            equal({name: answer.get(name) for name in ("result", "error")}, {name: on_line.get(name) for name in ("result", "error")}, method)
        equal(server.post(("server.ping", []))[0]["error"]["code"], -32601, "no other call")
        status, fields, body = server.ask("/", "POST", '{"method":"server.ping","id":1}')
        equal((status, fields["Access-Control-Allow-Origin"], json.loads(body)["result"]), (404, "https://wallet.example", None), "the node's form")

        status, fields, body = server.ask("/", "OPTIONS")
        equal((status, fields["Access-Control-Allow-Methods"], body), (204, "POST, OPTIONS", ""), "what a browser asks first")
        check("Authorization" in fields["Access-Control-Allow-Headers"], str(fields))

        enabled = posted[0]["result"]["enabled"]
        status, _, body = server.ask(f"/swap/count/{token}")
        equal((status, "error" in json.loads(body)), (200, False) if enabled else (503, True), "a path")
        equal([server.ask(path)[0] for path in ("/swap/", "/swap/nothing/x")], [404, 404], "other paths")


@test
def a_port_that_is_taken_ends_the_start_only_if_it_was_asked_for():
    blocks = synced("taken")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        server = Server("taken", "--offline", "--blocks-dir", blocks, http_port=other.getsockname()[1])
        result = subprocess.run([SLUICE, *map(str, server.arguments)], capture_output=True, text=True, timeout=60)
        check(result.returncode == 1 and "--http: cannot listen on" in result.stderr, f"{result.returncode}: {result.stderr}")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", 8080))
            other.listen()
        except OSError:
            pass  # somebody has it already, which is as good
        server = Server("taken", "--offline", "--blocks-dir", blocks)
        at = server.arguments.index("--http")
        del server.arguments[at:at + 2]
        with server:
            until = time.monotonic() + PATIENCE_S
            while not any("listening on tcp" in line for line in server.log):
                check(server.process.poll() is None and time.monotonic() < until, "".join(server.log)[-800:])
                time.sleep(0.05)
            warnings = [line for line in server.log if "no metrics and health: cannot listen on 127.0.0.1:8080" in line]
            equal(len(warnings), 1, "warnings")


run_tests(WORK, sys.argv[2:])

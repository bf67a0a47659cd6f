"""The client of scripts/report: asks any Electrum server, and takes the time."""

import json
import socket
import time

from report_metrics import latency_figures

PATIENCE_S = 60
LINE_BYTES_MAX = 64 << 20


class NotAnswered(Exception):
    """An error instead of a result; the text is the server's."""


class Client:
    """One session: a request at a time. Notifications are kept."""

    def __init__(self, address, greet=True):
        self.socket = socket.create_connection(address, timeout=PATIENCE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines = self.socket.makefile("rb")
        self.next_id = 0
        self.told = []
        if greet:
            self.ask("server.version", "report", "1.4")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def message(self):
        line = self.lines.readline(LINE_BYTES_MAX)
        if not line.endswith(b"\n"):
            raise ConnectionError("the server closed the connection")
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ConnectionError(f"not an answer: {line[:80]!r}")
        return message

    def ask(self, method, *params):
        return self.take(self.line(method, params), method)

    def line(self, method, params):
        self.next_id += 1
        return json.dumps({"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": list(params)}, separators=(",", ":")).encode() + b"\n"

    def take(self, line, method):
        self.socket.sendall(line)
        while True:
            message = self.message()
            if message.get("id") == self.next_id:
                break
            self.told.append(message)
        if message.get("error") is not None:
            error = message["error"]
            raise NotAnswered(str(error.get("message", error)) if isinstance(error, dict) else str(error))
        if "result" not in message:
            raise NotAnswered(f"{method}: neither a result nor an error")
        return message["result"]

    def seconds_for(self, method, *params):
        """Seconds from the request to the whole answer; reading it as JSON is in it."""
        line = self.line(method, params)
        begin = time.perf_counter()
        self.take(line, method)
        return time.perf_counter() - begin

    def wait_for(self, method, first_param, seconds):
        """Until a notification of the method with that first parameter comes; False when none came."""
        deadline = time.monotonic() + seconds
        while not any(told.get("method") == method and told.get("params", [None])[0] == first_param for told in self.told):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return False
            self.socket.settimeout(remaining)
            try:
                self.told.append(self.message())
            except TimeoutError:
                return False
            finally:
                self.socket.settimeout(PATIENCE_S)
        return True


def calls_of(sample):
    """{method: list of parameter lists}, in the order of the report."""
    tokens, wants = sample["tokens"], sample["wants"]
    return {
        "getinfo": [[]],
        "getopenorders": [[token, 100, 0] for token in tokens],
        "getopenordersbywant": [[want, 100, 0] for want in wants],
        "getswaphistory": [[token, 100, 0] for token in tokens],
        "getswaphistorybywant": [[want, 100, 0] for want in wants],
        "getswapcount": [[token] for token in tokens],
        "getswapcountbywant": [[want] for want in wants],
        "server.version": [["report", "1.4"]],
        "server.features": [[]],
        "blockchain.headers.subscribe": [[]],
        "blockchain.block.header": [[height] for height in sample["heights"]],
        "blockchain.estimatefee": [[6]],
        "blockchain.scripthash.get_balance": [[scripthash] for scripthash in sample["scripthashes"]],
    }


INDEX_METHODS = ("blockchain.headers.subscribe", "blockchain.block.header", "blockchain.scripthash.get_balance")


def latency(address, method, parameters, requests):
    """Figures of one method. A session may be greeted once only, so that method gets a session for each request."""
    seconds = []
    if method == "server.version":
        for _ in range(requests):
            with Client(address, greet=False) as client:
                seconds.append(client.seconds_for(method, *parameters[0]))
        return latency_figures(seconds)
    with Client(address, greet=method != "getinfo") as client:
        for number in range(requests + min(requests, 20)):  # the first ones are not counted: they fill caches
            seconds.append(client.seconds_for(method, *parameters[number % len(parameters)]))
    return latency_figures(seconds[-requests:])


def all_latencies(address, admin, sample, requests):
    """({method: figures, None where not answered}, {method: what the server said instead})."""
    found, refusals = {}, {}
    for method, parameters in calls_of(sample).items():
        target = admin if method == "getinfo" else address
        if target is None or not parameters:
            continue
        try:
            found[method] = latency(target, method, parameters, requests)
        except NotAnswered as refusal:
            found[method], refusals[method] = None, str(refusal)
        except (OSError, ValueError) as failure:
            found[method], refusals[method] = None, f"{type(failure).__name__}: {failure}"
    return found, refusals


def ask_at_rate(address, sample, rate, seconds):
    """Asks the calls that read the index in turn, at a fixed rate; the number that were answered."""
    calls = calls_of(sample)
    turn = [(method, *parameters) for at in range(max(map(len, calls.values()))) for method in INDEX_METHODS
            if calls[method] for parameters in [calls[method][at % len(calls[method])]]]
    answered, begin = 0, time.monotonic()
    with Client(address) as client:
        while (now := time.monotonic()) < begin + seconds:
            due = begin + answered / rate
            if now < due:
                time.sleep(min(due - now, begin + seconds - now))
                continue
            client.ask(*turn[answered % len(turn)])
            answered += 1
    return answered

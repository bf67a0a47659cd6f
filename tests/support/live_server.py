"""`sluice serve` that follows a node, and a client that remembers what it was told, for tests in Python."""
import json, re, signal, socket, subprocess, time

from devnet_node import Failed, check

PATIENCE = 120  # seconds; only a hang takes so long


class Different(Failed):
    """Not what the node has now: the server may be on its way there."""


def eventually(compare):
    """Calls until it no longer finds a difference."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return compare()
        except Different:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def same(got, wanted, what):
    if got != wanted:
        raise Different(f"{what}: {json.dumps(got)[:500]} instead of {json.dumps(wanted)[:500]}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LiveServer:
    """Until the end of a with block; polls the node every 20 ms."""

    def __init__(self, sluice, work, *words):
        self.port = free_port()
        self.log = work / "serve.log"
        self.words = [sluice, "serve", "--db-dir", work / "db", "--services", f"tcp://127.0.0.1:{self.port}", "--memory-budget", "128MiB",
                      "--threads", "2", "--allow-root", "--daemon-poll-interval-blocks", "20ms",
                      "--daemon-poll-interval-mempool", "20ms", "--cost-hard-limit", "0", *words]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def start(self):
        with open(self.log, "ab") as log:
            begin = log.tell()
            self.process = subprocess.Popen([str(word) for word in self.words], stderr=log)
        deadline = time.monotonic() + PATIENCE
        while not re.search(rb"listening on tcp://", self.log.read_bytes()[begin:]):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise Failed(f"serve does not listen: {self.log.read_text()[-1000:]}")
            time.sleep(0.01)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        check(self.process.wait(PATIENCE) == 0, f"serve ended with {self.process.returncode}")


class LiveClient:
    """Keeps the last that it was told of the tip and of each script hash."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.lines = self.socket.makefile("rb")
        self.next_id, self.tips_told, self.statuses = 0, 0, {}
        self.tip = self.ask("blockchain.headers.subscribe")

    def answer(self, method, *params):
        """The whole answer, a result or an error."""
        self.send([(method, *params)])
        return self.receive(self.next_id)

    def send(self, requests):
        lines = []
        for method, *params in requests:
            self.next_id += 1
            lines.append(json.dumps({"id": self.next_id, "method": method, "params": params}) + "\n")
        self.socket.sendall("".join(lines).encode())

    def receive(self, wanted):
        """The answer to a request, by its id; what is told before it is noted."""
        while True:
            line = self.lines.readline()
            check(line, "the server closed the connection")
            message = json.loads(line)
            if "method" not in message:
                check(message["id"] == wanted, f"the answer to another question: {line[:300]}")
                return message
            self.note(message["method"], message["params"])

    def ask_all(self, requests):
        """Results of [(method, params...)], many at once."""
        results, at_once = [], 200  # a server need not read on while its answers wait
        for at in range(0, len(requests), at_once):
            part = requests[at:at + at_once]
            first = self.next_id + 1
            self.send(part)
            for i, request in enumerate(part):
                message = self.receive(first + i)
                check("result" in message, f"{request}: {message.get('error')}")
                results.append(message["result"])
        return results

    def ask(self, method, *params):
        message = self.answer(method, *params)
        check("result" in message, f"{method}{params}: {message.get('error')}")
        return message["result"]

    def subscribe(self, names):
        names = [name for name in names if name not in self.statuses]
        self.statuses.update(zip(names, self.ask_all([("blockchain.scripthash.subscribe", name) for name in names])))

    def note(self, method, params):
        if method == "blockchain.headers.subscribe":
            self.tip = params[0]
            self.tips_told += 1
        else:
            self.statuses[params[0]] = params[1]

"""The stand-in node for tests in Python: `with Node(sluice, directory, "--blocks", "30") as node: node.do("mine")`."""
import base64, http.client, json, signal, subprocess
from pathlib import Path

MAGIC = bytes.fromhex("fabfb5da")


class Failed(Exception):
    pass


def check(condition, text):
    if not condition:
        raise Failed(text)


def equal(value, wanted, what):
    if value != wanted:
        raise Failed(f"{what}: {json.dumps(value, default=str)[:400]} instead of {json.dumps(wanted, default=str)[:400]}")


class Node:
    """`sluice devnet --serve` until the end of a with block."""

    def __init__(self, sluice, directory, *arguments):
        self.dir = Path(directory)
        self.arguments = [sluice, "devnet", "--serve", "--dir", self.dir, *arguments]

    def __enter__(self):
        self.process = subprocess.Popen([str(word) for word in self.arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        check(line, "no line at the start: " + (self.process.stderr.read() if self.process.poll() is not None else ""))
        self.ready = json.loads(line)
        self.connection = None
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    def stop(self):
        """Ends the node as an operator does; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def password(self):
        return Path(self.ready["cookie_file"]).read_text()

    def post(self, body, password=None):
        """Status and body of one request; the connection is kept while the node keeps it."""
        token = base64.b64encode((password or self.password()).encode()).decode()
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.ready["rpc_port"], timeout=60)
        try:
            self.connection.request("POST", "/", body, {"Authorization": "Basic " + token})
            answer = self.connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise

    def reply(self, method, *params):
        """The whole answer, whose status must go with it."""
        status, body = self.post(json.dumps({"id": 7, "method": method, "params": list(params)}))
        answer = json.loads(body)
        check(answer["id"] == 7 and status == (200 if answer["error"] is None else 404 if answer["error"]["code"] == -32601 else 500),
              f"{method}: status {status}: {body[:200]}")
        return answer

    def call(self, method, *params):
        answer = self.reply(method, *params)
        check(answer["error"] is None, f"{method}{params}: {answer['error']}")
        return answer["result"]

    def error(self, method, *params):
        answer = self.reply(method, *params)
        check(answer["error"] is not None and answer["result"] is None, f"{method}{params}: no error")
        return answer["error"]["code"], answer["error"]["message"]

    def batch(self, calls):
        status, body = self.post(json.dumps([{"id": i, "method": m, "params": p} for i, (m, p) in enumerate(calls)]))
        answers = json.loads(body)
        check(status == 200 and [answer["id"] for answer in answers] == list(range(len(calls))), f"batch: {status} {body[:200]}")
        return answers

    def control(self, command, **members):
        """One command of the control port (src/devnet_node/control.h); its answer, or {"error": text}."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ready["control_port"], timeout=300)
        connection.request("POST", "/", json.dumps({"command": command, **members}))
        answer = connection.getresponse()
        value = json.loads(answer.read())
        connection.close()
        check((answer.status == 200) == ("error" not in value), f"{command}: {answer.status} {value}")
        return value

    def do(self, command, **members):
        """The same for a command that must succeed."""
        value = self.control(command, **members)
        check("error" not in value, f"{command}: {value}")
        return value


def records(path):
    """The blocks of one block file, in their order."""
    data, at, blocks = path.read_bytes(), 0, []
    while data[at:at + 4] == MAGIC:
        size = int.from_bytes(data[at + 4:at + 8], "little")
        blocks.append(data[at + 8:at + 8 + size])
        at += 8 + size
    check(not any(data[at:at + 8]), f"{path.name}: neither record nor zeros at {at}")
    return blocks

#!/usr/bin/env python3
"""Hostile clients beside a good one: every malformed line on every transport, random bytes, half-open connections,
oversize lines, giant batches, slow readers, floods. The server lives, its memory stays bounded, and the good client
gets the right answer every time.

usage: hostile_test.py SLUICE

The good client's waiting time is printed, not judged.
"""
import base64, json, os, random, re, shutil, signal, socket, ssl, struct, subprocess, sys, tempfile, threading, time
from pathlib import Path

SLUICE = os.path.abspath(sys.argv[1])
CHAIN = ["--coin", "Radiant", "--net", "regtest"]
WORK = Path(tempfile.mkdtemp(prefix="sluice-hostile-"))
PATIENCE_S = 60
MEMORY_GROWTH_MAX = 150 << 20
SANITIZED = os.environ.get("SLUICE_SANITIZED") == "1"
SEED = 20240611


class Failed(Exception):
    pass


failures = []  # of attacks that expect something


def check(condition, text):
    if not condition:
        raise Failed(text)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*words):
    subprocess.run([str(word) for word in words], check=True, capture_output=True, timeout=120)


class Server:
    """`sluice serve` of a small chain on all transports, until the end of a with block."""

    def __init__(self, *more):
        services = ",".join(f"{name}://127.0.0.1:{free_port()}" for name in ("tcp", "ssl", "ws", "wss"))
        self.words = [SLUICE, "serve", "--offline", *CHAIN, "--db-dir", WORK / "db", "--blocks-dir", WORK / "blocks",
                      "--services", services, "--ssl-certfile", WORK / "crt", "--ssl-keyfile", WORK / "key",
                      "--threads", "2", "--memory-budget", "128MiB", "--allow-root", *more]

    def __enter__(self):
        self.process = subprocess.Popen([str(word) for word in self.words], stderr=subprocess.PIPE, text=True)
        self.ports = {}
        while len(self.ports) < 4:
            line = self.process.stderr.readline()
            check(line, "serve ended before it listened")
            found = re.search(r"listening on (\w+)://\S+:(\d+)", line)
            if found:
                self.ports[found.group(1)] = int(found.group(2))
        self.reader = threading.Thread(target=self.process.stderr.read)
        self.reader.start()
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        status = self.process.wait(PATIENCE_S)
        self.reader.join()
        check(kind is not None or status == 0, f"serve ended with {status}")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.ports["tcp"]), timeout=PATIENCE_S)

    def resident(self):
        return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text()).group(1)) << 10


class Lines:
    """Messages over any transport; None at the end."""

    def __init__(self, server, transport):
        self.socket = socket.create_connection(("127.0.0.1", server.ports[transport]), timeout=PATIENCE_S)
        if transport in ("ssl", "wss"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.stream = self.socket.makefile("rb")
        self.frames = transport in ("ws", "wss")
        if self.frames:
            key = base64.b64encode(bytes(16)).decode()
            self.socket.sendall((f"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode())
            check(b" 101 " in self.stream.readline(), "no upgrade")
            while self.stream.readline() not in (b"\r\n", b""):
                pass

    def send(self, message):
        if not self.frames:
            return self.socket.sendall(message + b"\n")
        size = len(message)
        head = bytes([0x82, 0x80 | size]) if size < 126 else bytes([0x82, 0xfe]) + struct.pack(">H", size)
        self.socket.sendall(head + bytes(4) + message)  # masked with zeros

    def receive(self):
        if not self.frames:
            line = self.stream.readline()
            return json.loads(line) if line else None
        head = self.stream.read(2)
        if len(head) < 2 or head[0] & 15 == 8:
            return None
        size = head[1] & 127
        if size == 126:
            size = struct.unpack(">H", self.stream.read(2))[0]
        return json.loads(self.stream.read(size))

    def close(self):
        self.stream.close()
        self.socket.close()


def error(code, message, id=None):
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": id}


DICTIONARY = error(-32600, "request object must be a dictionary")
MALFORMED = [
    (b"hello", error(-32700, "invalid JSON")),
    (b"", error(-32700, "invalid JSON")),
    (b'{"id":1,"method":"server.ping"', error(-32700, "invalid JSON")),
    (b"[" * 5000, error(-32700, "invalid JSON")),
    (b'{"id":1,"method":"\xff\xfe"}', error(-32700, "messages must be encoded in UTF-8")),
    (b"3", DICTIONARY), (b"null", DICTIONARY), (b'"x"', DICTIONARY),
    (b"[]", error(-32600, "batch is empty")),
    (b"[1,2]", [DICTIONARY, DICTIONARY]),
    (b'{"id":1,"method":"server.ping","params":null}', error(-32602, "invalid request arguments: None", 1)),
    (b'{"id":1,"method":"server.ping","params":3}', error(-32602, "invalid request arguments: 3", 1)),
    (b'{"id":1,"method":5}', error(-32601, "method must be a string", 1)),
    (b'{"id":1,"method":"x"}', error(-32601, 'unknown method "x"', 1)),
    (b'{"id":1,"method":"blockchain.scripthash.get_balance"}',
     error(-32602, '0 arguments passed to method "blockchain.scripthash.get_balance" but it requires 1', 1)),
    (b'{"id":1,"method":"server.ping","params":[1]}', error(-32602, "1 argument passed to method server.ping taking at most 0", 1)),
    (b'{"id":1,"method":"blockchain.block.header","params":{"foo":1}}', None),
    (b'{"id":[1],"method":"server.ping"}', error(-32600, 'invalid "id": [1]')),
]
# No answer at all: the ping behind it is answered next.
SILENT = [b'{"method":"server.ping"}', b'{"id":null,"method":"server.ping"}', b'{"result":1,"id":4}']
PING, PONG = b'{"id":"ok","method":"server.ping"}', {"jsonrpc": "2.0", "result": None, "id": "ok"}


def malformed_lines(server, transport):
    client = Lines(server, transport)
    for line, wanted in MALFORMED:
        client.send(line)
        got = client.receive()
        if wanted is None:
            check(got is not None and got["error"]["code"] == -32602 and got["id"] == 1, f"{transport}: {line[:80]}: {got}")
        else:
            check(got == wanted, f"{transport}: {line[:80]}: {got} instead of {wanted}")
    for line in SILENT:
        client.send(line)
    client.send(PING)
    got = client.receive()
    check(got == PONG, f"{transport}: after what is not answered: {got}")
    client.close()


# --- attacks: each runs until the good client has asked enough ------------------------------------


def rude(send):
    """An attack that is cut off by the server, or by the end, is no failure."""
    def attack(server, stop, rng):
        while not stop.is_set():
            try:
                send(server, stop, rng)
            except Failed as failure:
                failures.append(str(failure))
            except (OSError, ValueError):
                pass
    attack.__name__ = send.__name__
    return attack


@rude
def random_bytes(server, stop, rng):
    with socket.create_connection(("127.0.0.1", server.ports[rng.choice(["tcp", "ssl", "ws", "wss"])]), timeout=1) as link:
        for _ in range(rng.randrange(1, 8)):
            link.sendall(rng.randbytes(rng.randrange(1, 3000)))


@rude
def damaged_requests(server, stop, rng):
    with server.connect() as link:
        link.settimeout(1)
        for _ in range(50):
            line = bytearray(b'{"id":1,"method":"blockchain.block.headers","params":[%d,%d]}\n' % (rng.randrange(-9, 99), rng.randrange(9)))
            line[rng.randrange(len(line))] = rng.randrange(256)
            link.sendall(line)
        link.recv(1 << 16)


@rude
def half_open(server, stop, rng):
    links = [server.connect() for _ in range(20)]
    for link in links:
        link.sendall(b'{"id":1,"meth')
    stop.wait(0.2)
    for link in links:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()


@rude
def oversize_lines(server, stop, rng):
    with server.connect() as link:
        for _ in range(10):
            link.sendall(b"x" * (1 << 20))
        link.sendall(b"\n" + PING + b"\n")
        check(json.loads(link.makefile().readline()) == PONG, "a line after an oversize one is not answered")


@rude
def giant_batches(server, stop, rng):
    with server.connect() as link:
        link.sendall(b"[" + b",".join([PING] * 20000) + b"]\n")
        link.recv(1 << 16)


@rude
def slow_readers(server, stop, rng):
    with server.connect() as link:
        link.settimeout(0.5)
        request = b'{"id":1,"method":"blockchain.block.headers","params":[0,60]}\n' * 200
        for _ in range(50):
            link.sendall(request)
    stop.wait(0.1)


@rude
def floods(server, stop, rng):
    with server.connect() as link:
        link.settimeout(1)
        for _ in range(20):
            link.sendall((PING + b"\n") * 200)
            link.recv(1 << 16)


ATTACKS = [random_bytes, damaged_requests, half_open, oversize_lines, giant_batches, slow_readers, floods]


def good_client(server, requests):
    """Asks for headers, each known before; returns the waiting times."""
    client = Lines(server, "tcp")
    waits, known = [], {}
    for i in range(requests):
        height = i % 60
        begin = time.monotonic()
        client.send(json.dumps({"id": i, "method": "blockchain.block.header", "params": [height]}).encode())
        answer = client.receive()
        waits.append(time.monotonic() - begin)
        check(answer is not None and answer["id"] == i and len(answer["result"]) == 160, f"the good client got {answer}")
        check(known.setdefault(height, answer["result"]) == answer["result"], f"height {height}: another header")
    client.close()
    return waits


def p99_ms(waits):
    return sorted(waits)[len(waits) * 99 // 100] * 1000


def a_good_client_beside_all_attacks(server):
    alone = p99_ms(good_client(server, 300))
    before = server.resident()
    for number, attack in enumerate(ATTACKS):
        stop = threading.Event()
        thread = threading.Thread(target=attack, args=(server, stop, random.Random(SEED + number)))
        thread.start()
        try:
            beside = p99_ms(good_client(server, 300))
        finally:
            stop.set()
            thread.join()
        check(not failures, f"{attack.__name__}: {failures[:1]}")
        check(server.process.poll() is None, f"the server ended by {attack.__name__}")
        grown = server.resident() - before
        print(f"        {attack.__name__:18} p99 {beside:6.2f} ms (alone {alone:.2f} ms), memory {grown >> 20:+d} MiB")
        check(SANITIZED or grown < MEMORY_GROWTH_MAX, f"{attack.__name__}: memory grew by {grown >> 20} MiB")


def too_much_is_told_and_ended(server):
    client = Lines(server, "tcp")
    for i in range(40):
        client.send(b"no JSON")
        answer = client.receive()
        check(answer is not None, f"ended without a word after {i} lines")
        if answer["error"]["code"] == -101:
            break
        client.send(PING)
        answer = client.receive()
        if answer is not None and answer.get("error", {}).get("code") == -101:
            check(answer == error(-101, "excessive resource usage", "ok"), str(answer))
            break
    else:
        raise Failed("never too much")
    check(client.receive() is None, "the connection stays after -101")
    client.close()
    good_client(server, 20)


def unwelcome_names_are_refused(server):
    for name, is_welcome in (("13.1", True), ("3.4.1", True), ("3.1.2", False)):
        client = Lines(server, "tcp")
        client.send(json.dumps({"id": 1, "method": "server.version", "params": [name, "1.4"]}).encode())
        answer = client.receive()
        if is_welcome:
            check(answer is not None and "result" in answer, f"{name}: {answer}")
        else:
            check(answer == error(1, f"unsupported client: {name}", 1), f"{name}: {answer}")
            check(client.receive() is None, f"{name} may stay")
        client.close()


def is_taken(server):
    try:
        client = Lines(server, "tcp")
        client.send(PING)
        return client.receive() == PONG
    except OSError:
        return False


def bans_are_read_again(server, bans):
    check(is_taken(server), "a client that is not banned is refused")
    for text, wanted in (("127.0.0.0/8 # all of us\n", False), ("nonsense\n", False), ("203.0.113.7\n", True)):
        bans.write_text(text)
        server.process.send_signal(signal.SIGHUP)
        until = time.monotonic() + PATIENCE_S
        while is_taken(server) != wanted and time.monotonic() < until:
            time.sleep(0.01)
        check(is_taken(server) == wanted, f"after SIGHUP with {text!r}: taken is {not wanted}")


def main():
    run(SLUICE, "devnet", "--dir", WORK / "blocks", *CHAIN, "--blocks", 60, "--txs-per-block", 20, "--seed", 1)
    run(SLUICE, "sync", *CHAIN, "--db-dir", WORK / "db", "--blocks-dir", WORK / "blocks")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-keyout", WORK / "key", "-out", WORK / "crt")
    with Server("--cost-hard-limit", "0", "--max-sessions-per-ip", "0") as server:
        for transport in ("tcp", "ssl", "ws", "wss"):
            malformed_lines(server, transport)
            print(f"        every malformed line over {transport}")
        a_good_client_beside_all_attacks(server)
    bans = WORK / "bans"
    bans.write_text("# nobody yet\n")
    with Server("--cost-hard-limit", "3000", "--request-sleep", "10ms", "--drop-client", r"3\.[0-2]", "--ban-file", bans) as server:
        too_much_is_told_and_ended(server)
        print("        too much is told, then ended")
        unwelcome_names_are_refused(server)
        bans_are_read_again(server, bans)
        print("        unwelcome names and banned addresses are refused")


try:
    main()
    print("passed")
except Failed as failure:
    sys.exit(f"FAILED  {failure}")
finally:
    shutil.rmtree(WORK, ignore_errors=True)

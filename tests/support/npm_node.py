"""Real nodes from npm for tests in Python: bcoin (Bitcoin) and bcash (Bitcoin Cash), on regtest."""
import base64, http.client, json, os, shutil, socket, subprocess, time
from pathlib import Path

from devnet_node import Failed, check

SOURCES = Path(__file__).resolve().parent.parent / "interop" / "nodes"
KEY_ADDRESS = 0x3C  # version byte of their regtest addresses
WITNESS_ADDRESS = "rb"


def install(name, modules):
    """None once the node is in `modules`, as its package-lock.json has it; otherwise why it cannot be had."""
    for program in ("node", "npm", "make", "g++"):
        if not shutil.which(program):
            return f"{program} is not installed"
    directory = modules / name
    directory.mkdir(parents=True, exist_ok=True)
    lock, stamp = (SOURCES / name / "package-lock.json").read_bytes(), directory / "installed-lock.json"
    if stamp.exists() and stamp.read_bytes() == lock:
        return None
    for file in ("package.json", "package-lock.json"):
        shutil.copy(SOURCES / name / file, directory)
    headers = {"npm_config_nodedir": "/usr"} if Path("/usr/include/node/node.h").exists() else {}
    try:  # with its scripts: a part of it is compiled
        installed = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=directory, capture_output=True, text=True, timeout=400,
                                   env={**os.environ, **headers})
    except subprocess.TimeoutExpired:
        return f"npm takes too long to install {name}"
    if installed.returncode != 0:
        return f"npm cannot install {name}: {(installed.stderr.strip().splitlines() or ['?'])[-1]}"
    stamp.write_bytes(lock)
    return None


class NpmNode:
    """Until the end of a with block. Its chain is in memory."""

    def __init__(self, name, modules, work):
        self.ports = []
        for _ in range(2):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.ports.append(probe.getsockname()[1])
        self.url = f"http://x:x@127.0.0.1:{self.ports[0]}"
        self.log = work / f"{name}.log"
        self.words = ["node", modules / name / "node_modules" / name / "bin" / "node", "--network=regtest", "--memory=true", "--no-wallet",
                      "--api-key=x", "--index-tx=true", "--listen=false", f"--prefix={work / name}", f"--http-port={self.ports[0]}",
                      f"--port={self.ports[1]}"]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([str(word) for word in self.words], stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.call("getblockcount")
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.kill()
                    raise Failed(f"the node does not answer: {self.log.read_text()[-1000:]}") from None
                time.sleep(0.05)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def answer(self, method, *params):
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=60)
        try:
            connection.request("POST", "/", json.dumps({"id": 1, "method": method, "params": params}),
                               {"Authorization": "Basic " + base64.b64encode(b"x:x").decode()})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def call(self, method, *params):
        answer = self.answer(method, *params)
        check(answer["error"] is None, f"{method}{params}: {answer['error']}")
        return answer["result"]

#!/usr/bin/env python3
"""Real client libraries from npm speak to the real program: `electrum-client` over TCP and TLS,
`@electrum-cash/network` over WS and WSS. All must get the same answers, and `sluice call` too.

usage: clients_test.py SLUICE MODULES_DIR

The libraries are installed into MODULES_DIR once, as clients/package-lock.json has them. Exits with 77,
saying why, where node or npm is missing or the packages cannot be had.
"""
import json, os, re, shutil, signal, socket, subprocess, sys, tempfile
from pathlib import Path

SLUICE = os.path.abspath(sys.argv[1])
MODULES = Path(sys.argv[2])
SOURCES = Path(__file__).parent / "clients"
WORK = Path(tempfile.mkdtemp(prefix="sluice-clients-"))
CHAIN = ["--coin", "Radiant", "--net", "regtest"]
TRANSPORTS = ("tcp", "ssl", "ws", "wss")
NOT_APPLICABLE = 77


def not_applicable(why):
    print(f"not applicable here: {why}")
    sys.exit(NOT_APPLICABLE)


def run(*arguments, **options):
    return subprocess.run([*map(str, arguments)], check=True, capture_output=True, text=True, timeout=200, **options).stdout


def install():
    for program in ("node", "npm"):
        if not shutil.which(program):
            not_applicable(f"{program} is not installed")
    MODULES.mkdir(parents=True, exist_ok=True)
    lock = (SOURCES / "package-lock.json").read_bytes()
    stamp = MODULES / "installed-lock.json"
    if not stamp.exists() or stamp.read_bytes() != lock:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(SOURCES / name, MODULES)
        installed = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=MODULES,
                                   capture_output=True, text=True, timeout=200)
        if installed.returncode != 0:
            not_applicable("npm cannot install the clients: " + installed.stderr.strip().splitlines()[-1])
        stamp.write_bytes(lock)
    shutil.copy(SOURCES / "ask.mjs", MODULES)


def start():
    """The server with all transports, and its ports."""
    blocks, db, certificate, key = WORK / "blocks", WORK / "db", WORK / "server.crt", WORK / "server.key"
    run(SLUICE, "devnet", "--dir", blocks, *CHAIN, "--blocks", 30, "--txs-per-block", 5, "--seed", 1)
    run(SLUICE, "sync", "--db-dir", db, "--blocks-dir", blocks, *CHAIN)
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
        "/CN=localhost", "-keyout", key, "-out", certificate)
    services = []
    for transport in TRANSPORTS:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            services.append(f"{transport}://127.0.0.1:{probe.getsockname()[1]}")
    server = subprocess.Popen([SLUICE, "serve", "--offline", *CHAIN, "--db-dir", db, "--blocks-dir", blocks, "--services",
                               ",".join(services), "--ssl-certfile", certificate, "--ssl-keyfile", key, "--allow-root",
                               "--cost-hard-limit", "0"],
                              stderr=subprocess.PIPE, text=True)
    ports = {}
    for line in server.stderr:
        found = re.search(r"listening on (\w+)://\S+:(\d+)", line)
        if found:
            ports[found.group(1)] = int(found.group(2))
        if len(ports) == len(TRANSPORTS):
            return server, ports
    raise SystemExit("FAILED  serve ended before it listened")


def main():
    install()
    server, ports = start()
    failures = []
    try:
        asked = subprocess.run(["node", "ask.mjs", json.dumps(ports)], cwd=MODULES, capture_output=True, text=True, timeout=120,
                               env={**os.environ, "NODE_TLS_REJECT_UNAUTHORIZED": "0"})
        answers = {answer.pop("transport"): answer for answer in map(json.loads, asked.stdout.splitlines())}
        if asked.returncode != 0 or set(answers) != set(TRANSPORTS):
            failures.append(f"the clients ended with {asked.returncode}: {asked.stderr[-600:]}")
        header = json.loads(run(SLUICE, "call", f"tcp://127.0.0.1:{ports['tcp']}", "blockchain.block.header", 1))
        for transport, answer in answers.items():
            if answer != answers["tcp"]:
                failures.append(f"{transport}: not the answers that tcp got")
            if answer["header"] != header or answer["tip"]["height"] != 30 or answer["headers"]["count"] != 31:
                failures.append(f"{transport}: not the chain: {str(answer)[:300]}")
            if not answer["in_order"] or not answer["refused"]:
                failures.append(f"{transport}: answers mixed up, or an error taken for a result")
        server.send_signal(signal.SIGTERM)
        if server.wait(timeout=20) != 0:
            failures.append("serve did not end with 0")
    finally:
        if server.poll() is None:
            server.kill()
        shutil.rmtree(WORK, ignore_errors=True)
    for failure in failures:
        print(f"FAILED  {failure}")
    print(f"{4 if not failures else 0} passed, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()

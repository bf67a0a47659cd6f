#!/usr/bin/env python3
"""What a wallet sees of a living chain: scripts/demo runs it against its server and its stand-in node.

usage: demo_wallet.py HOST:PORT CONTROL_PORT

Subscribes to the tip and to one script, then lets the node pay the script, mine every few seconds and change to
another branch, and prints each notification with the time it took to arrive.
"""
import hashlib, json, socket, sys, time, urllib.request

host, port = sys.argv[1].rsplit(":", 1)
connection = socket.create_connection((host, int(port)), timeout=30)
lines = connection.makefile("rb")
SCRIPT = "76a914" + "5e" * 20 + "88ac"
NAME = hashlib.sha256(bytes.fromhex(SCRIPT)).digest()[::-1].hex()
notifications = []


def ask(method, *params):
    connection.sendall(json.dumps({"id": 1, "method": method, "params": params}).encode() + b"\n")
    while True:
        message = json.loads(lines.readline())
        if "method" not in message:
            return message["result"]
        notifications.append(message)


def command(name, **members):
    """Has the node do something; returns when it is done."""
    request = urllib.request.Request(f"http://127.0.0.1:{sys.argv[2]}/", json.dumps({"command": name, **members}).encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def told(wanted):
    """Waits for one notification of each method in `wanted`; prints them."""
    begin = time.monotonic()
    while wanted:
        message = notifications.pop(0) if notifications else json.loads(lines.readline())
        after = f"{1000 * (time.monotonic() - begin):6.1f} ms"
        if message["method"] == "blockchain.headers.subscribe":
            print(f"   {after}  told: the tip is at height {message['params'][0]['height']}", flush=True)
        else:
            print(f"   {after}  told: the script's status is {message['params'][1][:16]}...", flush=True)
        wanted.discard(message["method"])


def balance():
    value = ask("blockchain.scripthash.get_balance", NAME)
    print(f"              balance: {value['confirmed']} confirmed, {value['unconfirmed']} unconfirmed", flush=True)


TIP, SCRIPTHASH = "blockchain.headers.subscribe", "blockchain.scripthash.subscribe"
ask("server.version", "demo wallet", "1.4")
print(f"   subscribed to the tip, at height {ask(TIP)['height']}, and to {NAME[:16]}..., status {ask(SCRIPTHASH, NAME)}", flush=True)
for step, name, members, wanted in (
        ("the node hears of a payment", "pay", {"script": SCRIPT, "value": 500000}, {SCRIPTHASH}),
        ("a block confirms it", "mine", {"transactions": 100}, {TIP, SCRIPTHASH}),
        ("another block", "mine", {"transactions": 100}, {TIP}),
        ("a branch of three blocks replaces the last two, with the payment in its first", "reorg",
         {"depth": 2, "mempool_percent": 100}, {TIP}),
        ("another block", "mine", {"transactions": 100}, {TIP})):
    time.sleep(2)
    print(f"\n   {step}", flush=True)
    command(name, **members)
    told(wanted)
    balance()

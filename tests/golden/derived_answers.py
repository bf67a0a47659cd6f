#!/usr/bin/env python3
"""Asks a server about everything in the recorded chain, and derives each answer from the block file.

usage: derived_answers.py CHAIN_DIR HOST:PORT [--parity]

The recorded cases are samples; here every script hash, transaction, ref and height of the same chain
is asked for. The answers come from a naive indexer written from the protocol's rules alone, which
shares nothing with the server. Closes with `N passed, M failed`.
"""
import argparse, collections, gzip, hashlib, json, random, socket, struct
from decimal import Decimal
from pathlib import Path

arguments = argparse.ArgumentParser()
arguments.add_argument("chain", type=Path)
arguments.add_argument("server")
arguments.add_argument("--parity", action="store_true")
A = arguments.parse_args()

REF_OPCODES = (0xD0, 0xD1, 0xD2, 0xD3, 0xD8)
PUSH_REF, PUSH_REF_SINGLETON = 0xD0, 0xD8
SIGNATURE_OPCODES = (0xAC, 0xAD, 0xAE, 0xAF)


def sha256(b):
    return hashlib.sha256(b).digest()


def sha256d(b):
    return sha256(sha256(b))


def sha512_256(b):
    return hashlib.new("sha512_256", b).digest()


def display(b):
    return b[::-1].hex()


# ---------------------------------------------------------------------------------- block file
class Reader:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def compact_size(self):
        first = self.take(1)[0]
        return first if first < 253 else int.from_bytes(self.take({253: 2, 254: 4, 255: 8}[first]), "little")

    def sized(self):
        return self.take(self.compact_size())


Output = collections.namedtuple("Output", "value script")
Input = collections.namedtuple("Input", "prevout script sequence")  # prevout: (txid, index)


class Tx:
    def __init__(self, r):
        begin = r.at
        self.version = r.number("<i")
        self.inputs = [Input((r.take(32), r.number("<I")), r.sized(), r.number("<I")) for _ in range(r.compact_size())]
        self.outputs = [Output(r.number("<q"), r.sized()) for _ in range(r.compact_size())]
        self.locktime = r.number("<I")
        self.raw = r.data[begin:r.at]
        self.id = sha256d(self.raw if self.version != 3 else self.preimage())

    def preimage(self):
        def output_hash(o):
            refs = sorted({ref for ref, _ in refs_of(o.script)}, key=lambda ref: ref[::-1])
            return (struct.pack("<q", o.value) + sha256d(o.script) + struct.pack("<I", len(refs)) +
                    (sha256d(b"".join(refs)) if refs else bytes(32)))
        return (struct.pack("<iI", self.version, len(self.inputs)) +
                sha256d(b"".join(i.prevout[0] + struct.pack("<I", i.prevout[1]) + sha256d(i.script) for i in self.inputs)) +
                sha256d(b"".join(struct.pack("<I", i.sequence) for i in self.inputs)) +
                struct.pack("<I", len(self.outputs)) + sha256d(b"".join(map(output_hash, self.outputs))) +
                struct.pack("<I", self.locktime))


# ------------------------------------------------------------------------------------- scripts
def walk(script):
    """([(opcode, operand, length bytes)], walked to the end)"""
    steps, at = [], 0
    while at < len(script):
        opcode, begin, length_bytes = script[at], at + 1, 0
        if opcode < 0x4C:
            size = opcode
        elif opcode <= 0x4E:
            length_bytes = 1 << (opcode - 0x4C)
            size = int.from_bytes(script[begin:begin + length_bytes], "little")
        else:
            size = 36 if opcode in REF_OPCODES else 0
        at = begin + length_bytes + size
        if at > len(script):
            return steps, False
        steps.append((opcode, script[begin + length_bytes:at], length_bytes))
    return steps, True


def is_data(script):
    return script[:1] == b"\x6a" or script[:2] == b"\x00\x6a"


def scripthash(script):
    """None for what is not indexed."""
    steps, whole = walk(script)
    if is_data(script) or not whole:
        return None
    if not any(opcode in SIGNATURE_OPCODES for opcode, _, _ in steps):
        return sha256(script)
    zeroed = b""
    for opcode, operand, length_bytes in steps:
        zeroed += bytes([opcode])
        if length_bytes and not A.parity:  # the peers drop them
            zeroed += len(operand).to_bytes(length_bytes, "little")
        zeroed += bytes(36) if opcode in REF_OPCODES else operand
    return sha256(zeroed)


def refs_of(script):
    pushes = [(operand, opcode) for opcode, operand, _ in walk(script)[0] if opcode in (PUSH_REF, PUSH_REF_SINGLETON)]
    normal = {ref for ref, opcode in pushes if opcode == PUSH_REF}
    return [(ref, "normal" if ref in normal else "single") for ref in dict.fromkeys(ref for ref, _ in pushes)]


def base58_check(version, payload):
    digits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    data = bytes([version]) + payload
    data += sha256d(data)[:4]
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = digits[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def key_address(key):
    return base58_check(111, hashlib.new("ripemd160", sha256(key)).digest())


def is_key(b):
    return bool(b) and len(b) == {2: 33, 3: 33, 4: 65, 6: 65, 7: 65}.get(b[0])


def script_type(s):
    """(type, required signatures, addresses)"""
    steps, whole = walk(s)
    if len(s) == 23 and s[:2] == b"\xa9\x14" and s[-1] == 0x87:
        return "scripthash", 1, [base58_check(196, s[2:22])]
    if s[:1] == b"\x6a":
        data, data_whole = walk(s[1:])
        if data_whole and all(opcode <= 0x60 for opcode, _, _ in data):
            return "nulldata", None, None
    if len(s) in (35, 67) and s[0] == len(s) - 2 and s[-1] == 0xAC and is_key(s[1:-1]):
        return "pubkey", 1, [key_address(s[1:-1])]
    if len(s) == 25 and s[:3] == b"\x76\xa9\x14" and s[-2:] == b"\x88\xac":
        return "pubkeyhash", 1, [base58_check(111, s[3:23])]
    if whole and len(steps) > 3 and steps[-1][0] == 0xAE:
        required, count = steps[0][0] - 0x50, steps[-2][0] - 0x50
        keys = [operand for _, operand, _ in steps[1:-2]]
        if 1 <= required <= count <= 16 and len(keys) == count and all(map(is_key, keys)):
            return "multisig", required, [key_address(key) for key in keys]
    return "nonstandard", None, None


def script_public_key(s):
    kind, required, addresses = script_type(s)
    return {"hex": s.hex(), "type": kind, **({"reqSigs": required, "addresses": addresses} if addresses else {})}


# --------------------------------------------------------------------------------------- chain
headers = [line.split("\t") for line in (A.chain / "headers.tsv").read_text().splitlines()]
headers = [bytes.fromhex(fields[2]) for fields in headers if fields[0].isdigit()]
hashes = [sha512_256(sha512_256(header)) for header in headers]
tip = len(headers) - 1
height_of = {block_hash: height for height, block_hash in enumerate(hashes)}

blocks = [[] for _ in headers]  # of transactions; genesis has none
file = Reader(gzip.decompress((A.chain / "blk00000.dat.gz").read_bytes()))
while file.take(4) == b"\xfa\xbf\xb5\xda":
    block = Reader(file.take(file.number("<I")))
    height = height_of.get(sha512_256(sha512_256(block.take(80))), 0)
    if height:
        blocks[height] = [Tx(block) for _ in range(block.compact_size())]

outputs, history, mint, location = {}, collections.defaultdict(list), {}, {}
for height, block in enumerate(blocks):
    for position, tx in enumerate(block):
        tx.height, tx.position = height, position
        outputs.update({(tx.id, index): output for index, output in enumerate(tx.outputs)})
transactions = [tx for block in blocks for tx in block]
for tx in transactions:
    spent = [outputs[i.prevout] for i in tx.inputs if i.prevout in outputs]
    for key in {scripthash(output.script) for output in spent + tx.outputs} - {None}:
        history[key].append(tx)
    inputs = {txid + struct.pack("<I", index) for (txid, index), _, _ in tx.inputs}
    for output in tx.outputs:
        for ref, kind in refs_of(output.script) if scripthash(output.script) else []:
            if ref in inputs:
                mint[ref] = tx
            elif kind == "single":
                location[ref] = tx
spent_outpoints = {i.prevout for tx in transactions for i in tx.inputs}
unspent = collections.defaultdict(list)
for tx in transactions:
    for index, output in enumerate(tx.outputs):
        if (tx.id, index) not in spent_outpoints:
            unspent[scripthash(output.script)].append((tx, index, output))


def merkle(leaves, index):
    branch, level = [], list(leaves)
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        branch.append(display(level[index ^ 1]))
        index, level = index // 2, [sha256d(level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return branch, display(level[0])


# ---------------------------------------------------------------------------------- the server
host, port = A.server.rsplit(":", 1)
connection = socket.create_connection((host, int(port)))
replies = connection.makefile("rb")
passed = failed = 0


def ask(method, *params):
    connection.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
    reply = json.loads(replies.readline(), parse_float=Decimal)
    return reply["result"] if "result" in reply else reply["error"]


def check(wanted, got, *what):
    global passed, failed
    if wanted == got:
        passed += 1
        return
    failed += 1
    if failed <= 10:
        print(f"{what}\n  want {str(wanted)[:500]}\n  got  {str(got)[:500]}")


def expect(wanted, method, *params):
    check(wanted, ask(method, *params), method, *params)


def check_scripts():
    for key, txs in history.items():
        name, coins = display(key), unspent.get(key, [])
        prefix = "blockchain.scripthash."
        expect([{"tx_hash": display(tx.id), "height": tx.height} for tx in txs], prefix + "get_history", name.upper())
        expect([{"tx_hash": display(tx.id), "tx_pos": index, "height": tx.height, "value": output.value,
                 "refs": [{"ref": f"{display(ref[:32])}i{struct.unpack('<I', ref[32:])[0]}", "type": kind}
                          for ref, kind in refs_of(output.script)]} for tx, index, output in coins],
               prefix + "listunspent", name)
        expect({"confirmed": sum(output.value for _, _, output in coins), "unconfirmed": 0}, prefix + "get_balance", name)
        expect(sha256("".join(f"{display(tx.id)}:{tx.height}:" for tx in txs).encode()).hex(), prefix + "subscribe", name)
        expect(True, prefix + "unsubscribe", name)


def check_refs():
    for ref in {ref for tx in transactions for output in tx.outputs for ref, _ in refs_of(output.script)}:
        places = [{"tx_hash": display(tx.id), "height": tx.height} for tx in (mint.get(ref), location.get(ref)) if tx]
        expect([places[0], places[-1]] if places else [], "blockchain.ref.get", display(ref[:32]) + display(ref[32:]))


def check_transactions():
    for tx in transactions:
        name = display(tx.id)
        branch, _ = merkle([other.id for other in blocks[tx.height]], tx.position)
        expect(tx.raw.hex(), "blockchain.transaction.get", name)
        expect({"block_height": tx.height, "merkle": branch, "pos": tx.position},
               "blockchain.transaction.get_merkle", name, tx.height)
        expect(name, "blockchain.transaction.id_from_pos", tx.height, tx.position)
        expect({"tx_hash": name, "merkle": branch}, "blockchain.transaction.id_from_pos", tx.height, tx.position, True)
        check_verbose(tx, name, ask("blockchain.transaction.get", name, True))


def check_verbose(tx, name, got):
    """All but the texts of scripts, for which the recorded answers speak."""
    time = struct.unpack("<I", headers[tx.height][68:72])[0]
    for part in [i.get("scriptSig", {}) for i in got["vin"]] + [o["scriptPubKey"] for o in got["vout"]]:
        part.pop("asm", None)
    check({"txid": name, "hash": name, "version": tx.version, "size": len(tx.raw), "locktime": tx.locktime,
           "vin": [{"coinbase": i.script.hex(), "sequence": i.sequence} if i.prevout[0] == bytes(32) else
                   {"txid": display(i.prevout[0]), "vout": i.prevout[1], "scriptSig": {"hex": i.script.hex()},
                    "sequence": i.sequence} for i in tx.inputs],
           "vout": [{"value": Decimal(o.value) / 10**8, "n": n, "scriptPubKey": script_public_key(o.script)}
                    for n, o in enumerate(tx.outputs)],
           "hex": tx.raw.hex(), "blockhash": display(hashes[tx.height]), "confirmations": tip - tx.height + 1,
           "time": time, "blocktime": time}, got, "verbose", name)


def check_headers():
    draw = random.Random(1)
    for height, header in enumerate(headers):
        expect(header.hex(), "blockchain.block.header", height)
        for checkpoint in {max(height, 1), draw.randint(max(height, 1), tip), tip}:
            branch, root = merkle(hashes[:checkpoint + 1], height)
            expect({"header": header.hex(), "branch": branch, "root": root}, "blockchain.block.header", height, checkpoint)
    for _ in range(300):
        start, wanted = draw.randint(0, tip + 20), draw.choice([0, 1, 5, 100, 2016, 3000])
        checkpoint = draw.choice([0, draw.randint(1, tip), tip])
        count = max(0, min(wanted, 2016, tip + 1 - start))
        last = start + count - 1
        answer = {"hex": b"".join(headers[start:start + count]).hex(), "count": count, "max": 2016}
        if checkpoint and count and last > checkpoint:
            answer = {"code": 1, "message": f"require header height {last:,} <= cp_height {checkpoint:,} <= chain height {tip:,}"}
        elif checkpoint and count:
            answer["branch"], answer["root"] = merkle(hashes[:checkpoint + 1], last)
        expect(answer, "blockchain.block.headers", start, wanted, checkpoint)


ask("server.version", "derived", ["1.4", "1.4.2"])
for part in (check_scripts, check_refs, check_transactions, check_headers):
    part()
print(f"{passed} passed, {failed} failed")
raise SystemExit(1 if failed or not passed else 0)

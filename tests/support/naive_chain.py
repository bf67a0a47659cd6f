"""A chain as one would index it by hand: raw blocks in, everything a server can be asked about out.

Written from the protocol's rules alone; shares nothing with the server.
"""
import collections, hashlib, struct

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


def scripthash(script, parity=False):
    """None for what is not indexed."""
    steps, whole = walk(script)
    if is_data(script) or not whole:
        return None
    if not any(opcode in SIGNATURE_OPCODES for opcode, _, _ in steps):
        return sha256(script)
    zeroed = b""
    for opcode, operand, length_bytes in steps:
        zeroed += bytes([opcode])
        if length_bytes and not parity:  # the peers drop them
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
def merkle(leaves, index):
    branch, level = [], list(leaves)
    while len(level) > 1:
        level += level[-1:] * (len(level) % 2)
        branch.append(display(level[index ^ 1]))
        index, level = index // 2, [sha256d(level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return branch, display(level[0])


class NaiveChain:
    """Of blocks by height, genesis first; cache keeps parsed blocks for several chains."""

    transaction = Tx

    @staticmethod
    def header_hash(header):
        return sha512_256(sha512_256(header))

    def __init__(self, raw_blocks, parity=False, cache=None):
        cache = {} if cache is None else cache
        self.parity = parity
        self.headers = [raw[:80] for raw in raw_blocks]
        self.hashes = [self.header_hash(header) for header in self.headers]
        self.tip = len(self.headers) - 1
        self.blocks = [[]]  # of transactions; genesis has none
        for block_hash, raw in list(zip(self.hashes, raw_blocks))[1:]:
            if block_hash not in cache:
                reader = Reader(raw, 80)
                cache[block_hash] = [self.transaction(reader) for _ in range(reader.compact_size())]
            self.blocks.append(cache[block_hash])
        self.outputs, self.mint, self.location = {}, {}, {}
        self.history = collections.defaultdict(list)  # scripthash -> transactions in chain order
        self.places = {}  # txid -> (height, position)
        for height, block in enumerate(self.blocks):
            for position, tx in enumerate(block):
                self.places[tx.id] = height, position
                self.outputs.update({(tx.id, index): output for index, output in enumerate(tx.outputs)})
        self.transactions = [tx for block in self.blocks for tx in block]
        for tx in self.transactions:
            self._add(tx)
        self.spent_outpoints = {i.prevout for tx in self.transactions for i in tx.inputs}
        self.unspent = collections.defaultdict(list)
        for tx in self.transactions:
            for index, output in enumerate(tx.outputs):
                if (tx.id, index) not in self.spent_outpoints:
                    self.unspent[self.key(output)].append((tx, index, output))
        self.set_mempool([])

    def key(self, output):
        return scripthash(output.script, self.parity)

    def refs(self, output):
        return refs_of(output.script)

    def height(self, tx):
        return self.places[tx.id][0]

    def _add(self, tx):
        spent = [self.outputs[i.prevout] for i in tx.inputs if i.prevout in self.outputs]
        for key in {self.key(output) for output in spent + tx.outputs} - {None}:
            self.history[key].append(tx)
        inputs = {txid + struct.pack("<I", index) for (txid, index), _, _ in tx.inputs}
        for output in tx.outputs:
            for ref, kind in self.refs(output) if self.key(output) else []:
                if ref in inputs:
                    self.mint[ref] = tx
                elif kind == "single":
                    self.location[ref] = tx

    # What a server answers, with what is in no block behind what is.

    def get_history(self, key):
        return [{"tx_hash": display(tx.id), "height": self.height(tx)} for tx in self.history.get(key, [])] + self.get_mempool(key)

    def get_mempool(self, key):
        return [{"tx_hash": display(tx.id), "height": -1 if self.has_unconfirmed_inputs(tx) else 0, "fee": self.fee(tx)}
                for tx in self.mempool_history.get(key, [])]

    def status(self, key):
        items = "".join(f"{item['tx_hash']}:{item['height']}:" for item in self.get_history(key))
        return sha256(items.encode()).hex() if items else None

    def get_balance(self, key):
        confirmed = sum(output.value for _, _, output in self.unspent.get(key, []))
        delta = sum(output.value for tx in self.mempool_history.get(key, []) for output in tx.outputs if self.key(output) == key)
        delta -= sum(output.value for tx in self.mempool_history.get(key, []) for output in map(self.spent_output, tx.inputs)
                     if self.key(output) == key)
        return {"confirmed": confirmed, "unconfirmed": delta}

    def listunspent(self, key):
        coins = [(tx, index, output, self.height(tx)) for tx, index, output in self.unspent.get(key, [])]
        coins += [(tx, index, output, 0) for tx in sorted(self.mempool_history.get(key, []), key=lambda tx: display(tx.id))
                  for index, output in enumerate(tx.outputs) if self.key(output) == key]
        return [{"tx_hash": display(tx.id), "tx_pos": index, "height": height, "value": output.value,
                 "refs": [{"ref": f"{display(ref[:32])}i{struct.unpack('<I', ref[32:])[0]}", "type": kind}
                          for ref, kind in refs_of(output.script)]}
                for tx, index, output, height in coins if (tx.id, index) not in self.spent_in_mempool]

    # The mempool.

    def set_mempool(self, txs):
        self.mempool = {tx.id: tx for tx in txs}
        self.spent_in_mempool = {i.prevout for tx in txs for i in tx.inputs}
        self.mempool_history = collections.defaultdict(list)
        for tx in sorted(txs, key=lambda tx: (self.has_unconfirmed_inputs(tx), display(tx.id))):
            for key in {self.key(output) for output in [*map(self.spent_output, tx.inputs), *tx.outputs]} - {None}:
                self.mempool_history[key].append(tx)

    def has_unconfirmed_inputs(self, tx):
        return any(txid in self.mempool for txid, _ in (i.prevout for i in tx.inputs))

    def spent_output(self, tx_input):
        txid, index = tx_input.prevout
        return self.mempool[txid].outputs[index] if txid in self.mempool else self.outputs[tx_input.prevout]

    def fee(self, tx):
        return sum(self.spent_output(i).value for i in tx.inputs) - sum(output.value for output in tx.outputs)

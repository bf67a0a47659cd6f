"""Keys and signed spends for tests: secp256k1 by hand, slow and not safe for real money."""
import hashlib, struct

from naive_chain import base58_check, sha256, sha256d

FIELD = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
GENERATOR = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
             0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % FIELD == 0:
        return None
    slope = 3 * p[0] * p[0] * pow(2 * p[1], -1, FIELD) if p == q else (q[1] - p[1]) * pow(q[0] - p[0], -1, FIELD)
    x = (slope * slope - p[0] - q[0]) % FIELD
    return x, (slope * (p[0] - x) - p[1]) % FIELD


def multiply(number, point=GENERATOR):
    total = None
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def compact_size(n):
    return bytes([n]) if n < 253 else b"\xfd" + struct.pack("<H", n)


def sized(b):
    return compact_size(len(b)) + b


def segwit_address(prefix, program):
    """Of a version 0 program (BIP 173)."""
    bits = int.from_bytes(program, "big")
    size = -(-8 * len(program) // 5)
    bits <<= 5 * size - 8 * len(program)
    words = [0] + [bits >> 5 * (size - 1 - i) & 31 for i in range(size)]
    state = 1
    for word in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + words + [0] * 6:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ word
        for i, step in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            state ^= step if top >> i & 1 else 0
    words += [(state ^ 1) >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(BECH32[word] for word in words)


def segwit_program(address):
    """Of a well-formed version 0 address."""
    words = [BECH32.index(c) for c in address[address.rindex("1") + 2:-6]]
    bits = 0
    for word in words:
        bits = bits << 5 | word
    return (bits >> 5 * len(words) % 8).to_bytes(5 * len(words) // 8, "big")


class Key:
    def __init__(self, seed):
        self.secret = int.from_bytes(sha256(seed.encode()), "big") % ORDER
        x, y = multiply(self.secret)
        self.public = bytes([2 + (y & 1)]) + x.to_bytes(32, "big")
        self.hash = hashlib.new("ripemd160", sha256(self.public)).digest()
        self.p2pkh = b"\x76\xa9\x14" + self.hash + b"\x88\xac"
        self.p2wpkh = b"\x00\x14" + self.hash

    def address(self, version):
        return base58_check(version, self.hash)

    def sign(self, digest):
        """DER with a low S."""
        z = int.from_bytes(digest, "big")
        nonce = int.from_bytes(sha256(self.secret.to_bytes(32, "big") + digest), "big") % ORDER
        r = multiply(nonce)[0] % ORDER
        s = pow(nonce, -1, ORDER) * (z + r * self.secret) % ORDER
        parts = b""
        for number in (r, min(s, ORDER - s)):
            parts += b"\x02" + sized(number.to_bytes(number.bit_length() // 8 + 1, "big"))
        return b"\x30" + sized(parts)


def spend(key, coins, outputs, fork_id):
    """A signed transaction. coins: [(txid, index, value, script)] with the key's own scripts; outputs: [(value, script)];
    fork_id: Bitcoin Cash's way to sign instead of Bitcoin's."""
    hash_type = 0x41 if fork_id else 1
    sequence = struct.pack("<I", 0xFFFFFFFF)
    points = [txid + struct.pack("<I", index) for txid, index, _, _ in coins]
    paid = b"".join(struct.pack("<q", value) + sized(script) for value, script in outputs)

    def signature(i):
        _, _, value, script = coins[i]
        if fork_id or script == key.p2wpkh:  # BIP 143
            image = (struct.pack("<i", 2) + sha256d(b"".join(points)) + sha256d(sequence * len(coins)) + points[i] + sized(key.p2pkh) +
                     struct.pack("<q", value) + sequence + sha256d(paid))
        else:
            inputs = b"".join(point + sized(script if j == i else b"") + sequence for j, point in enumerate(points))
            image = struct.pack("<i", 2) + compact_size(len(coins)) + inputs + compact_size(len(outputs)) + paid
        return key.sign(sha256d(image + struct.pack("<II", 0, hash_type))) + bytes([hash_type])

    inputs, witnesses = b"", b""
    for i, (_, _, _, script) in enumerate(coins):
        segwit = script == key.p2wpkh
        inputs += points[i] + sized(b"" if segwit else sized(signature(i)) + sized(key.public)) + sequence
        witnesses += compact_size(2) + sized(signature(i)) + sized(key.public) if segwit else compact_size(0)
    has_witness = any(script == key.p2wpkh for _, _, _, script in coins)
    return (struct.pack("<i", 2) + (b"\x00\x01" if has_witness else b"") + compact_size(len(coins)) + inputs +
            compact_size(len(outputs)) + paid + (witnesses if has_witness else b"") + struct.pack("<I", 0))

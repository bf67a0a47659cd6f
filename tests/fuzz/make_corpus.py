"""Writes the seed inputs of the block, transaction, script, rswp and mempool fuzz targets.

usage: make_corpus.py FIXTURES_DIR CORPUS_DIR

Seeds are small transactions and scripts cut from the recorded blocks, a few of each shape, small
blocks made of them, and hand-made Radiant scripts. The first byte of each is the target's selector.
Deterministic: the same fixtures give the same files. The corpora in the tree were made with it and
then kept; inputs that a fuzz run found worth keeping lie beside them.
"""
import bz2
import gzip
import hashlib
import json
import pathlib
import struct
import sys

RADIANT, BITCOIN, BITCOIN_CASH = 0, 1, 2
REF_A = bytes(range(32)) + bytes([1, 0, 0, 0])
REF_B = b"\xff" * 32 + bytes(4)
P2PKH = bytes.fromhex("76a9144f9ab47a237441c0dc61dcd39fd92709f281b03388ac")


def compact_size(data, at):
    first = data[at]
    if first < 0xFD:
        return first, at + 1
    width = {0xFD: 2, 0xFE: 4, 0xFF: 8}[first]
    return int.from_bytes(data[at + 1:at + 1 + width], "little"), at + 1 + width


def split_tx(data, at):
    """End of the transaction at `at` (no witness), and its output scripts."""
    at += 4
    count, at = compact_size(data, at)
    for _ in range(count):
        size, at = compact_size(data, at + 36)
        at += size + 4
    count, at = compact_size(data, at)
    scripts = []
    for _ in range(count):
        size, at = compact_size(data, at + 8)
        scripts.append(data[at:at + size])
        at += size
    return at + 4, scripts


def transactions(block):
    count, at = compact_size(block, 80)
    for _ in range(count):
        end, scripts = split_tx(block, at)
        yield block[at:end], scripts
        at = end


def radiant_blocks(file):
    at = 0
    while file[at:at + 4] == bytes.fromhex("fabfb5da"):
        size = struct.unpack_from("<I", file, at + 4)[0]
        yield file[at + 8:at + 8 + size]
        at += 8 + size


def shape(script):
    """Scripts of one shape are told by size and first and last bytes."""
    return len(script), script[:3], script[-2:]


def write(folder, selector, content):
    content = bytes([selector]) + content
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


def witness_form(tx):
    """A one-input transaction as it would stand with a witness."""
    return tx[:4] + b"\x00\x01" + tx[4:-4] + b"\x02\x03abc\x00" + tx[-4:]


def swap_scripts():
    token, want, utxo = b"\x20" + b"\xa1" * 31 + b"\x01", b"\x20" + b"\xb2" * 31 + b"\x02", b"\x20" + b"\xc3" * 31 + b"\x03"
    head = b"\x6a\x04RSWP"
    v1 = head + bytes.fromhex("01010100") + token + utxo
    v2 = head + bytes.fromhex("0102010101020101") + token + want + utxo
    for tail in ("010002aabb01dd", "510051", "0181000000", "04ffffffff01aa01dd01ee", "05010000000001aa01dd", "764c02aabb4d0100dd"):
        yield v1 + bytes.fromhex(tail)
    yield v1 + b"\xd0" + REF_A + b"\x01\xaa\x01\xdd"
    yield v1 + b"\x00\xd0" + REF_A + b"\x51"
    for tail in ("010501aa02bbcc01dd", "01050001dd", "010501aa5101dd", "010501dd", "01054e02000000aabb01dd"):
        yield v2 + bytes.fromhex(tail)
    yield head + bytes.fromhex("0102010001020101") + token + utxo + bytes.fromhex("010501aa01dd")
    yield head + bytes.fromhex("0102010101020101") + token + b"\x20" + bytes(32) + utxo + bytes.fromhex("010501aa01dd")
    yield head + b"\x52"
    yield bytes.fromhex("6a4c0452535750010301010100") + token + utxo


def radiant_scripts():
    yield b"\xd8" + REF_A + b"\x75" + P2PKH
    yield P2PKH + b"\xbd\xd0" + REF_A + bytes.fromhex("dec0e9aa76e378e4a269e69d")
    yield b"\xd0" + REF_A + b"\xd0" + REF_B + b"\x75\x75" + P2PKH
    yield b"\xd0" + REF_A + b"\x75\x51"
    yield bytes.fromhex("4c02aabb75") + P2PKH
    yield bytes.fromhex("4d0100aa4e01000000bb") + b"\xd1" + REF_B + b"\xd2" + REF_A + b"\xd3" + REF_A + b"\xae"
    yield (b"\xd8" + REF_A + b"\xd0" + REF_B) * 8 + b"\xac"
    yield b"\xef" + b"\xcc" * 32 + bytes.fromhex("7202aabb05") + P2PKH
    yield b"\xef" + b"\xcc" * 32 + bytes.fromhex("10fdfd00") + P2PKH
    yield bytes.fromhex("4c05aa")


def mempool_scripts(raws):
    """What a node might tell a mempool: transactions in order and in reverse, twice, removed, confirmed, disconnected."""
    told = [b"\x00" + struct.pack("<H", len(raw)) + raw for raw in raws]
    yield b"".join(told)
    yield b"".join(reversed(told))
    yield told[0] + b"\x01" + told[1] + b"\x02\x00" + told[0] + b"\x03\x01\x04\x00"
    yield b"".join(told[:6]) + bytes.fromhex("030003010502020104030500") + b"".join(told[:2])


def main():
    fixtures, corpus = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    sources = [
        (BITCOIN, [bz2.decompress((fixtures / "real-blocks/btc-413567.raw.bz2").read_bytes())]),
        (BITCOIN_CASH, [bz2.decompress((fixtures / "real-blocks/bch-833705.raw.bz2").read_bytes())]),
        (RADIANT, list(radiant_blocks(gzip.decompress((fixtures / "radiant-regtest-small/blk00000.dat.gz").read_bytes())))),
    ]
    for coin, blocks in sources:
        tx_shapes, script_shapes, kept = set(), set(), []
        for block in blocks:
            for tx, scripts in transactions(block):
                key = (tx[:4], tx[4], len(scripts), tuple(shape(s)[0] for s in scripts))
                if len(tx) > 700 or key in tx_shapes or len(tx_shapes) >= 24:
                    continue
                tx_shapes.add(key)
                kept.append(tx)
                write(corpus / "transaction", coin, tx)
                for script in scripts:
                    if shape(script)[0] not in script_shapes and len(script_shapes) < 16:
                        script_shapes.add(shape(script)[0])
                        write(corpus / "script", coin, script)
        coinbase = next(transactions(blocks[0]))[0]
        header = blocks[0][:80]
        for count in (0, 1, 2, 4, 7):
            body = [coinbase] + [tx for tx in kept if tx[5:37] != bytes(32)][:count]
            write(corpus / "block", coin, header + bytes([len(body)]) + b"".join(body))
        if coin == BITCOIN:
            one_input = next(tx for tx in kept if tx[4] == 1 and tx[5:37] != bytes(32))
            write(corpus / "transaction", coin, witness_form(one_input))
            write(corpus / "block", coin, header + b"\x02" + coinbase + witness_form(one_input))
    for script in radiant_scripts():
        for selector in (RADIANT, RADIANT | 4):
            write(corpus / "script", selector, script)
    for script in swap_scripts():
        write(corpus / "rswp", 0, script)
    lines = (fixtures / "radiant-regtest-small/mempool.jsonl").read_text().splitlines()
    raws = [bytes.fromhex(json.loads(line)["hex"]) for line in lines]
    raws = [raw for raw in raws if len(raw) < 700][:10]
    for script in mempool_scripts(raws):
        for selector in (0, 6, 9):  # Radiant (modulo three), with parity (bit 2), with a budget (bit 3)
            write(corpus / "mempool", selector, script)
    saved = b"".join(struct.pack("<I", len(raw)) + raw for raw in raws[:3])
    for content in (saved + bytes(4), bytes(4), saved, saved + bytes(8), b"\xff\xff\xff\xff"):
        write(corpus / "saved_mempool", 1, content)
    write(corpus / "saved_mempool", 0, b"sluicemp" + struct.pack("<II", 1, 1) + saved + bytes(36))


main()

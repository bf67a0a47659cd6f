"""The chain that scripts/report measures on, what there is to ask about it, and the stand-in node over a copy of it."""

import hashlib
import os
import random
import re
import shutil
import subprocess
from pathlib import Path

from devnet_node import Node

SAMPLE_MAX = 200
# As they stand in the bytes of a block: a pay-to-public-key-hash script with its length, and the head of a swap offer
# (version 1 with a type; any other with flags, offered and terms type) up to the token and a token wanted.
KEY_HASH_SCRIPT = re.compile(rb"\x19(\x76\xa9\x14.{20}\x88\xac)", re.S)
OFFER = re.compile(rb"\x6a\x04RSWP(?:\x01\x01\x01.|\x01\x02\x01.\x01.\x01.)\x20(.{32})\x20(.{32})(\x20)?", re.S)


def make_chain(sluice, directory, blocks, txs_per_block, options):
    """Folder of the block files; made when it is not there."""
    chain = directory / f"chain-{blocks}-{txs_per_block}{''.join(options).replace('/', '')}"
    if not (chain / "done").exists():
        shutil.rmtree(chain, ignore_errors=True)
        subprocess.run([sluice, "devnet", "--dir", chain, "--coin", "Radiant", "--net", "regtest", "--blocks", str(blocks),
                        "--txs-per-block", str(txs_per_block), "--seed", "1", *options], check=True, stdout=subprocess.DEVNULL)
        (chain / "done").touch()
    return chain


def block_files(chain):
    return sorted(Path(chain).rglob("blk*.dat"))


def most_frequent(counts, count):
    return sorted(counts, key=lambda key: (-counts[key], key))[:count]


def sample_of(data, tip):
    """What to ask about a chain, from the bytes of its blocks: scripts as they come, the tokens most offered and wanted."""
    generator = random.Random(1)
    scripts = sorted(set(KEY_HASH_SCRIPT.findall(data)))
    chosen = generator.sample(scripts, min(SAMPLE_MAX, len(scripts)))
    tokens, wants = {}, {}
    for token, second, third in OFFER.findall(data):
        tokens[token[::-1].hex()] = tokens.get(token[::-1].hex(), 0) + 1
        if third:  # the second is a wanted token only if the outpoint's hash stands behind it
            wants[second[::-1].hex()] = wants.get(second[::-1].hex(), 0) + 1
    return {"scripthashes": [hashlib.sha256(script).digest()[::-1].hex() for script in chosen], "tokens": most_frequent(tokens, 20),
            "wants": most_frequent(wants, 20), "heights": sample_of_another(tip)["heights"]}


def sample_chain(chain, tip):
    """The first block file, and the beginning of it where it is large, has plenty."""
    with open(block_files(chain)[0], "rb") as file:
        return sample_of(file.read(64 << 20), tip)


def sample_of_another(tip):
    """About a chain of which nothing is known but its height."""
    return {"scripthashes": [], "tokens": [], "wants": [], "heights": [number * 7919 % (tip + 1) for number in range(SAMPLE_MAX)]}


def ends_with(chain, header):
    """Is this (hex) a header of the last blocks? They stand in the last file."""
    return bytes.fromhex(header) in block_files(chain)[-1].read_bytes()


def copy_in_links(chain, target):
    """The chain for a node that will go on with it: only the last block file grows, so the others are shared."""
    shutil.copytree(chain, target, copy_function=os.link)
    for last in block_files(target)[-1:]:
        shutil.copy(last, target / "copy")
        os.replace(target / "copy", last)


def node_over(sluice, directory):
    return Node(sluice, directory, "--coin", "Radiant")

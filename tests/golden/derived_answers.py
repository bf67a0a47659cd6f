#!/usr/bin/env python3
"""Asks a server about everything in the recorded chain, and derives each answer from the block file.

usage: derived_answers.py CHAIN_DIR HOST:PORT [--parity]

The recorded cases are samples; here every script hash, transaction, ref and height of the same chain
is asked for. The answers come from a naive indexer written from the protocol's rules alone, which
shares nothing with the server. Closes with `N passed, M failed`.
"""
import argparse, json, random, socket, struct, sys
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from naive_chain import display, merkle, refs_of, script_public_key
from recorded_answers import RecordedChain

arguments = argparse.ArgumentParser()
arguments.add_argument("chain", type=Path)
arguments.add_argument("server")
arguments.add_argument("--parity", action="store_true")
A = arguments.parse_args()

# --------------------------------------------------------------------------------------- chain
chain = RecordedChain(A.chain).active(A.parity)
headers, hashes, tip, blocks = chain.headers, chain.hashes, chain.tip, chain.blocks


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
    for key in chain.history:
        name, prefix = display(key), "blockchain.scripthash."
        expect(chain.get_history(key), prefix + "get_history", name.upper())
        expect(chain.listunspent(key), prefix + "listunspent", name)
        expect(chain.get_balance(key), prefix + "get_balance", name)
        expect(chain.status(key), prefix + "subscribe", name)
        expect(True, prefix + "unsubscribe", name)


def check_refs():
    for ref in {ref for tx in chain.transactions for output in tx.outputs for ref, _ in refs_of(output.script)}:
        places = [{"tx_hash": display(tx.id), "height": chain.height(tx)}
                  for tx in (chain.mint.get(ref), chain.location.get(ref)) if tx]
        expect([places[0], places[-1]] if places else [], "blockchain.ref.get", display(ref[:32]) + display(ref[32:]))


def check_transactions():
    for tx in chain.transactions:
        name, (height, position) = display(tx.id), chain.places[tx.id]
        branch, _ = merkle([other.id for other in blocks[height]], position)
        expect(tx.raw.hex(), "blockchain.transaction.get", name)
        expect({"block_height": height, "merkle": branch, "pos": position},
               "blockchain.transaction.get_merkle", name, height)
        expect(name, "blockchain.transaction.id_from_pos", height, position)
        expect({"tx_hash": name, "merkle": branch}, "blockchain.transaction.id_from_pos", height, position, True)
        check_verbose(tx, height, name, ask("blockchain.transaction.get", name, True))


def check_verbose(tx, height, name, got):
    """All but the texts of scripts, for which the recorded answers speak."""
    time = struct.unpack("<I", headers[height][68:72])[0]
    for part in [i.get("scriptSig", {}) for i in got["vin"]] + [o["scriptPubKey"] for o in got["vout"]]:
        part.pop("asm", None)
    check({"txid": name, "hash": name, "version": tx.version, "size": len(tx.raw), "locktime": tx.locktime,
           "vin": [{"coinbase": i.script.hex(), "sequence": i.sequence} if i.prevout[0] == bytes(32) else
                   {"txid": display(i.prevout[0]), "vout": i.prevout[1], "scriptSig": {"hex": i.script.hex()},
                    "sequence": i.sequence} for i in tx.inputs],
           "vout": [{"value": Decimal(o.value) / 10**8, "n": n, "scriptPubKey": script_public_key(o.script)}
                    for n, o in enumerate(tx.outputs)],
           "hex": tx.raw.hex(), "blockhash": display(hashes[height]), "confirmations": tip - height + 1,
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


def check_script_extensions():
    """Calls beyond the mirrored peers: single ones for some scripts, bulk calls for all."""
    prefix, keys = "blockchain.scripthash.", list(chain.history)
    for key in keys[::3]:
        first = chain.history[key][0]
        height = chain.height(first)
        expect(chain.status(key), prefix + "get_status", display(key))
        expect({"block_hash": display(hashes[height]), "block_height": height, "height": height, "tx_hash": display(first.id)},
               prefix + "get_first_use", display(key))
    for begin in range(0, len(keys), 100):
        part = keys[begin:begin + 100]
        names = [display(key) for key in part]
        expect([chain.get_balance(key) for key in part], prefix + "get_balances", names)
        expect([chain.get_history(key) for key in part], prefix + "get_histories", names)
        expect([chain.listunspent(key) for key in part], prefix + "listunspents", names)


def check_block_extensions():
    for height, header in enumerate(headers):
        for name in (height, display(hashes[height])):
            expect({"height": height, "hex": header.hex()}, "blockchain.header.get", name)
    for height, block in enumerate(blocks):
        ids = [tx.id for tx in block]
        proofs = [{"block_height": height, "merkle": merkle(ids, position)[0], "pos": position} for position in range(len(ids))]
        expect(proofs, "blockchain.transaction.get_merkles", [display(txid) for txid in ids])
        for txid in ids[:2]:
            expect({"block_hash": display(hashes[height]), "block_height": height},
                   "blockchain.transaction.get_confirmed_blockhash", display(txid))


def check_outpoints():
    """Who spent some outputs; of scripts with long histories the server may say that it cannot tell."""
    spenders = {i.prevout: tx for tx in chain.transactions for i in tx.inputs}
    refused = 0
    for tx in chain.transactions[::4]:
        for index, output in enumerate(tx.outputs):
            answer = ask("blockchain.outpoint.get_status", display(tx.id), index)
            spender = spenders.get((tx.id, index))
            if answer.get("code") == 1 and spender and len(chain.history[chain.key(output)]) > 500:
                refused += 1
                continue
            wanted = {"funder_height": chain.height(tx)}
            if spender:
                wanted |= {"spender_txhash": display(spender.id), "spender_height": chain.height(spender)}
            check({} if chain.key(output) is None else wanted, answer, "outpoint", display(tx.id), index)
    print(f"outpoints whose spender was not looked for: {refused}")


ask("server.version", "derived", ["1.4", "1.4.2"])
extensions = () if A.parity else (check_script_extensions, check_block_extensions, check_outpoints)
for part in (check_scripts, check_refs, check_transactions, check_headers, *extensions):
    part()
print(f"{passed} passed, {failed} failed")
raise SystemExit(1 if failed or not passed else 0)

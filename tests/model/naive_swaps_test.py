#!/usr/bin/env python3
"""The naive swap index in Python against every answer of a real node's swap calls, without and with a mempool.

usage: naive_swaps_test.py CHAIN_DIR     Closes with `N passed, M failed`.
"""
import json, sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from naive_chain import Reader, Tx
from naive_swaps import NaiveSwaps
from recorded_answers import RecordedChain

directory = Path(sys.argv[1])
chain = RecordedChain(directory).active()
mempool = [Tx(Reader(bytes.fromhex(json.loads(line)["hex"]))) for line in (directory / "mempool.jsonl").open()]

passed = failed = 0
for name, pool in (("golden-base.jsonl", []), ("golden-mempool.jsonl", mempool)):
    chain.set_mempool(pool)
    swaps = NaiveSwaps(chain, parity=True)
    for case in map(json.loads, (directory / name).open()):
        if case["source"] != "node" or "result" not in case:
            continue
        got = swaps.answer(case["method"], *case["params"])
        if got == case["result"]:
            passed += 1
        else:
            failed += 1
            print(f"{case['id']}: {json.dumps(got)[:300]} instead of {json.dumps(case['result'])[:300]}")
if passed < 695:
    failed += 1
    print("cases are missing")
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)

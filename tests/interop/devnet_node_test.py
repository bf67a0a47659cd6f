#!/usr/bin/env python3
"""The stand-in node as a client meets it: recorded answers over HTTP, block files that grow, faults, restarts, signals.

usage: devnet_node_test.py SLUICE FIXTURES [NAME...]

With names only the tests whose names hold one of them. Closes with `N passed, M failed`.
"""
import ast, gzip, http.client, json, os, re, shutil, subprocess, sys, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))
from devnet_node import Failed, Node, check, equal, records
from named_tests import run_tests, test

SLUICE = os.path.abspath(sys.argv[1])
CHAIN = Path(sys.argv[2]) / "radiant-regtest-small"
WORK = Path(tempfile.mkdtemp(prefix="sluice-node-"))


def recorded(name, *more):
    source = WORK / "recorded"
    if not source.exists():
        source.mkdir()
        with gzip.open(CHAIN / "blk00000.dat.gz") as packed, open(source / "blk00000.dat", "wb") as target:
            shutil.copyfileobj(packed, target)
    return Node(SLUICE, WORK / name, "--blocks-dir", source, *more)


def small(name, *more):
    return Node(SLUICE, WORK / name, "--blocks", "30", "--txs-per-block", "8", *more)


def cases(file, method):
    for line in (CHAIN / file).read_text().splitlines():
        case = json.loads(line)
        if case["source"] == "electrum" and case.get("method") == method:
            yield case


def daemon_error(case):
    """Code and text of the node's error in a recorded answer; None if the server itself refused."""
    found = re.search(r"DaemonError\((\{.*\})\)", case["error"]["message"]) if "error" in case else None
    return (lambda error: (error["code"], error["message"]))(ast.literal_eval(found.group(1))) if found else None


# --- recorded answers ---------------------------------------------------------------------------


@test
def recorded_headers_blocks_and_tips():
    with recorded("headers") as node:
        rows = [line.split("\t") for line in (CHAIN / "headers.tsv").read_text().splitlines()]
        equal(node.call("getblockcount"), 300, "getblockcount")
        equal(node.call("getbestblockhash"), rows[-1][1], "getbestblockhash")
        hashes = [answer["result"] for answer in node.batch([("getblockhash", [int(row[0])]) for row in rows])]
        equal(hashes, [row[1] for row in rows], "getblockhash")
        headers = [answer["result"] for answer in node.batch([("getblockheader", [row[1], False]) for row in rows])]
        equal(headers, [row[2] for row in rows], "getblockheader")
        equal(node.call("getchaintips"), json.loads((CHAIN / "chaintips.json").read_text()), "getchaintips")
        stored = {block[:80].hex(): block.hex() for block in records(WORK / "recorded" / "blk00000.dat")}
        blocks = [answer["result"] for answer in node.batch([("getblock", [row[1], 0]) for row in rows])]
        equal(blocks, [stored[row[2]] for row in rows], "getblock 0")
        info = node.call("getblockchaininfo")
        equal([info[key] for key in ("chain", "blocks", "bestblockhash", "pruned")], ["regtest", 300, rows[-1][1], False], "getblockchaininfo")
        stale = node.call("getblockheader", "2f2393c052c3ee26927af7dcff41dc6f1ce17aadaa30e091a5bbe629fa80146c")
        equal([stale["height"], stale["confirmations"]], [241, -1], "a stale block")
        check("nextblockhash" not in stale, "a stale block has a next one")


@test
def recorded_transactions():
    compared = {"raw": 0, "verbose": 0, "error": 0}
    for file, more in (("golden-base.jsonl", []), ("golden-mempool.jsonl", ["--mempool", CHAIN / "mempool.jsonl"])):
        with recorded(file, *more) as node:
            for case in cases(file, "blockchain.transaction.get"):
                txid, verbose = (case["params"] + [False])[:2]
                if "result" in case:
                    kind = "verbose" if verbose else "raw"
                    equal(node.call("getrawtransaction", txid, verbose), case["result"], case["id"])
                elif daemon_error(case):
                    kind = "error"
                    equal(list(node.error("getrawtransaction", txid, verbose)), list(daemon_error(case)), case["id"])
                else:
                    continue
                compared[kind] += 1
    print(f"        getrawtransaction compared with recorded answers: {compared}")
    check(compared["raw"] >= 40 and compared["verbose"] >= 30 and compared["error"] >= 1, f"too few compared: {compared}")


@test
def recorded_mempool_fees_and_refusals():
    lines = [json.loads(line) for line in (CHAIN / "mempool.jsonl").read_text().splitlines()]
    with recorded("mempool", "--mempool", CHAIN / "mempool.jsonl") as node:
        equal(sorted(node.call("getrawmempool")), sorted(line["txid"] for line in lines), "getrawmempool")
        detailed = node.call("getrawmempool", True)
        equal(sorted(detailed), sorted(line["txid"] for line in lines), "getrawmempool true")
        for line in lines:
            equal(detailed[line["txid"]]["size"], len(line["hex"]) // 2, "size of " + line["txid"])
            equal(node.call("getmempoolentry", line["txid"]), detailed[line["txid"]], "getmempoolentry")
            equal(node.call("sendrawtransaction", line["hex"]), line["txid"], "a transaction that is known")
        equal(node.call("getmempoolinfo")["size"], 28, "getmempoolinfo")
        fee = next(cases("golden-base.jsonl", "blockchain.estimatefee"))
        equal(node.call("estimatefee"), fee["result"], "estimatefee")
        refused = next(case for case in cases("golden-base.jsonl", "blockchain.transaction.broadcast") if case["params"] == [""])
        code, text = node.error("sendrawtransaction", "")
        check(code == -22 and text in refused["error"]["message"], f"nothing to decode: {code} {text}")
    with recorded("broadcast") as node:
        for line in lines:
            equal(node.call("testmempoolaccept", [line["hex"]])[0]["allowed"], True, "testmempoolaccept")
            equal(node.call("sendrawtransaction", line["hex"]), line["txid"], "sendrawtransaction")
        node.do("mine")
        equal(node.call("getrawmempool"), [], "getrawmempool after the block")
        equal(list(node.error("sendrawtransaction", lines[0]["hex"])), [-27, "transaction already in block chain"], "a confirmed one")
        equal(sorted(node.call("getblock", node.call("getbestblockhash"))["tx"][1:]), sorted(line["txid"] for line in lines), "getblock 1")


@test
def packages():
    with small("package-source", "--coin", "Bitcoin") as source, small("packages", "--coin", "Bitcoin") as node:
        source.do("churn", add=8)
        names = source.call("getrawmempool")
        raws = [source.call("getrawtransaction", name) for name in names]
        answer = node.call("submitpackage", raws)
        equal(answer["package_msg"], "success", "package_msg")
        equal([result["txid"] for result in answer["tx-results"].values()], names, "txids")
        equal(node.call("getrawmempool"), names, "the mempool holds the package")
        equal(node.call("submitpackage", raws[:1])["package_msg"], "success", "a package that is known")
        node.do("mine")
        again = node.call("submitpackage", raws)
        equal(again["package_msg"], "transaction failed", "package_msg of what is confirmed")
        equal([result["error"] for result in again["tx-results"].values()], ["txn-already-known"] * len(names), "errors")
        for package, code in (([], -8), (["00"] * 26, -8), (["00"], -22), ("00", -1), ([1], -1)):
            equal(node.error("submitpackage", package)[0], code, f"submitpackage {package}")


@test
def errors_as_a_node_gives_them():
    with small("errors") as node:
        none = "00" * 32
        wanted = [
            (("getblockhash", 31), (-8, "Block height out of range")),
            (("getblockhash", -1), (-8, "Block height out of range")),
            (("getblockhash", "1"), (-1, "JSON value is not an integer as expected")),
            (("getblock", none), (-5, "Block not found")),
            (("getblockheader", none), (-5, "Block not found")),
            (("getblock", "zz"), (-8, "blockhash must be hexadecimal string (not 'zz')")),
            (("getblock", "00"), (-8, "blockhash must be of length 64 (not 2)")),
            (("getrawtransaction", none), (-5, "No such mempool or blockchain transaction. Use gettransaction for wallet transactions.")),
            (("getmempoolentry", none), (-5, "Transaction not in mempool")),
            (("sendrawtransaction", "00"), (-22, "TX decode failed")),
            (("estimatefee", 1), (-1, "estimatefee")),
            (("estimatesmartfee", 1), (-32601, "Method not found")),
            (("submitpackage", []), (-32601, "Method not found")),
        ]
        for (method, *params), error in wanted:
            equal(list(node.error(method, *params)), list(error), f"{method} {params}")
        for body, status, code in ((b"{", 500, -32700), (b"1", 500, -32700), (b"\xff", 500, -32700), (b"{}", 400, -32600),
                                   (b'{"method":1}', 400, -32600), (b'{"method":"uptime","params":1}', 400, -32600)):
            got, text = node.post(body)
            equal([got, json.loads(text)["error"]["code"]], [status, code], repr(body))
        equal([answer["error"] and answer["error"]["code"] for answer in node.batch([("uptime", []), ("nope", []), ("getblockhash", [99])])],
              [None, -32601, -8], "a batch")
        status, text = node.post(json.dumps({"id": None, "method": "getblockhash", "params": {"height": 0}}))
        equal(json.loads(text)["result"], node.call("getblockhash", 0), "named arguments")
        equal(node.post(b"{}", password="a:b")[0], 401, "wrong password")
        # The genesis transaction is none that can be had.
        genesis = node.call("getblock", node.call("getblockhash", 0))["tx"][0]
        equal(node.error("getrawtransaction", genesis)[0], -5, "genesis coinbase")


# --- what changes on command --------------------------------------------------------------------


@test
def block_files_grow_with_the_chain():
    with small("grow", "--file-bytes", "64KiB", "--allocate", "16KiB") as node:
        for _ in range(6):
            node.do("mine", blocks=3, transactions=20)
            node.do("reorg", depth=2, transactions=4)
            node.do("churn", add=10, evict=2, replace=1)
        files = sorted(node.dir.glob("blk*.dat"))
        check(len(files) > 2, f"{len(files)} files")
        stored = {block.hex() for path in files for block in records(path)}
        height = node.call("getblockcount")
        hashes = [answer["result"] for answer in node.batch([("getblockhash", [h]) for h in range(height + 1)])]
        blocks = [answer["result"] for answer in node.batch([("getblock", [h, False]) for h in hashes])]
        check(set(blocks) <= stored, "a block of the active chain is in no file")
        check(len(stored) > len(blocks), "stale blocks are in no file")
        tip = node.call("getbestblockhash")
        equal(node.stop(), 0, "exit status")
    with small("grow") as again:  # goes on with what is there
        equal(again.call("getbestblockhash"), tip, "tip after a new start")
        again.do("mine")
        equal(again.call("getblockcount"), height + 1, "height")


@test
def an_index_follows_the_growing_block_files():
    """Proves blocks made on command: the pipeline takes them, and `verify --deep` finds the index right each time."""
    for coin in ("Radiant", "Bitcoin", "BitcoinCash"):
        with small("index" + coin, "--coin", coin, "--file-bytes", "64KiB", "--allocate", "16KiB") as node:
            place = ["--coin", coin, "--net", "regtest", "--db-dir", WORK / ("db" + coin), "--blocks-dir", node.dir]
            for step in range(5):
                if step > 0:
                    node.do("churn", add=60, replace=2)
                    node.do("mine", transactions=20, mempool_percent=60, conflicts=1)
                    node.do("reorg", depth=3 * step, transactions=5)
                for command in (["sync", *place], ["verify", *place, "--deep"]):
                    result = subprocess.run([SLUICE, *map(str, command)], capture_output=True, text=True, timeout=120)
                    check(result.returncode == 0, f"{coin} step {step}: {command[0]}: {(result.stdout + result.stderr)[-600:]}")
                check(f"the index is whole: height {node.call('getblockcount')}," in result.stdout + result.stderr,
                      f"{coin} step {step}: not the node's height: {(result.stdout + result.stderr)[-300:]}")


@test
def a_pure_rollback_and_a_deep_reorg():
    with small("reorg") as node:
        before = node.call("getblockhash", 10)
        lost = node.call("getblockhash", 11)
        equal(node.do("reorg", depth=20, blocks=0)["height"], 10, "height")
        equal(node.call("getbestblockhash"), before, "tip")
        equal(node.call("getblockheader", lost)["confirmations"], -1, "confirmations of a lost block")
        check(len(node.call("getrawmempool")) > 0, "nothing went back to the mempool")
        equal(node.do("mine", blocks=25)["height"], 35, "height")
        check("more than the chain's height" in node.control("reorg", depth=36)["error"], "too deep")
        equal(node.do("reorg", depth=35)["height"], 36, "height after a reorg to the genesis block")


@test
def switches_faults_and_latency():
    with small("faults") as node:
        node.do("warm_up", ms=600000)
        equal(node.error("uptime")[0], -28, "while warming up")
        node.do("warm_up", ms=0)
        deadline = time.monotonic() + 60
        while node.reply("uptime")["error"] is not None:
            check(time.monotonic() < deadline, "it does not end to warm up")
        node.do("chain_name", name="main")
        equal(node.call("getblockchaininfo")["chain"], "main", "chain")
        node.do("prune", below=20)
        info = node.call("getblockchaininfo")
        equal([info["pruned"], info["pruneheight"]], [True, 20], "pruned")
        equal(list(node.error("getblock", node.call("getblockhash", 19))), [-1, "Block not available (pruned data)"], "a pruned block")
        node.call("getblock", node.call("getblockhash", 20))
        question = json.dumps({"id": 1, "method": "getblockcount"})
        for kind, status in (("http_500", 500), ("http_503", 503), ("garbage", 200)):
            node.do("fault", kind=kind, requests=2)
            for _ in range(2):
                got, body = node.post(question)
                equal(got, status, kind)
                check(not body.startswith(b'{"result":30'), f"{kind}: an answer: {body}")
            equal(node.call("getblockcount"), 30, "after " + kind)
        for kind in ("truncated", "no_http", "closed"):
            node.do("fault", kind=kind)
            try:
                raise Failed(f"{kind}: an answer: {node.post(question)}")
            except (OSError, http.client.HTTPException):
                pass
            equal(node.call("getblockcount"), 30, "after " + kind)
        node.do("latency", ms=300)
        begin = time.monotonic()
        node.call("getblockcount")
        check(time.monotonic() - begin >= 0.3, "no latency")
        check("is unknown" in node.control("fault", kind="fire")["error"], "kind")
        check("is unknown" in node.control("mine", bloks=1)["error"], "member")
        check("is unknown" in node.control("explode")["error"], "command")
        equal(node.do("state")["calls"]["getblock"], 2, "calls that were counted")


@test
def a_restart_drops_connections_and_changes_the_cookie():
    with small("restart") as node:
        before, cookie = node.call("getbestblockhash"), node.password()
        node.do("churn", add=5)
        node.do("restart", down_ms=500, warm_up_ms=600000)
        for _ in range(2):  # the old connection, and a new one
            try:
                raise Failed(f"an answer while it is down: {node.post('{}')}")
            except (OSError, http.client.HTTPException):
                pass
        deadline = time.monotonic() + 60
        while True:
            try:
                if node.post('{"id":1,"method":"uptime"}')[0] != 401:
                    break
            except (OSError, http.client.HTTPException):
                pass
            check(time.monotonic() < deadline, "it does not come back")
            time.sleep(0.02)
        check(node.password() != cookie, "the old cookie")
        equal(node.error("uptime")[0], -28, "after the restart")
        node.do("warm_up", ms=0)
        while node.reply("uptime")["error"] is not None:
            check(time.monotonic() < deadline, "it does not end to warm up")
        equal(node.call("getbestblockhash"), before, "tip")
        equal(len(node.call("getrawmempool")), 5, "mempool")


@test
def passwords_and_signals():
    with small("password", "--rpc-user", "anna", "--rpc-password", "secret:word") as node:
        equal(node.ready["cookie_file"], None, "cookie")
        check(not (node.dir / ".cookie").exists(), "a cookie file")
        equal(node.post('{"method":"uptime"}', password="anna:secret:word")[0], 200, "right password")
        equal(node.post('{"method":"uptime"}', password="anna:secret")[0], 401, "wrong password")
        equal(node.stop(), 0, "exit status")
    with small("signal") as node:
        cookie = Path(node.ready["cookie_file"])
        check(cookie.exists() and cookie.stat().st_mode & 0o077 == 0, "cookie file")
        equal(node.stop(), 0, "exit status")
        check(not cookie.exists(), "the cookie file is left behind")
    result = subprocess.run([SLUICE, "devnet", "--serve", "--dir", str(WORK / "x"), "--rpc-user", "a"], capture_output=True, text=True)
    check(result.returncode == 2 and "--rpc-password" in result.stderr, f"half a password: {result.returncode} {result.stderr}")
    with small("taken") as node:
        result = subprocess.run([SLUICE, "devnet", "--serve", "--dir", str(WORK / "y"), "--blocks", "3", "--rpc-port", str(node.ready["rpc_port"])],
                                capture_output=True, text=True, timeout=60)
        check(result.returncode == 1 and "in use" in result.stderr, f"a port that is taken: {result.returncode} {result.stderr}")


@test
def leaves_leave_alone():
    with small("leaves") as node:
        node.do("churn", add=200)
        equal(node.do("churn", evict=20, leaves=1)["removed"], 20, "removed")
        change = node.do("churn", replace=5, leaves=1)
        equal([change["added"], change["removed"]], [5, 5], "replaced")


@test
def payments_to_a_script():
    with small("pay") as node:
        script = "76a914" + "11" * 20 + "88ac"
        paid = node.do("pay", script=script, value=123456)["txid"]
        equal(node.call("getrawmempool"), [paid], "getrawmempool")
        outputs = node.call("getrawtransaction", paid, True)["vout"]
        equal([outputs[0]["scriptPubKey"]["hex"], outputs[0]["value"]], [script, 0.00123456], "output")
        node.do("mine")
        equal(node.call("getrawtransaction", paid, True)["confirmations"], 1, "confirmations")
        for _ in range(5):  # what is paid is ours no more, the change is
            node.do("pay", script=script)
            node.do("churn", add=30)
        check("hex" in node.control("pay", script="7")["error"], "script")


@test
def every_coin_plays():
    for coin, sub in (("Bitcoin", "Satoshi"), ("BitcoinCash", "Bitcoin Cash")):
        with small(coin, "--coin", coin) as node:
            node.do("churn", add=20)
            node.do("mine", transactions=10)
            node.do("reorg", depth=3)
            check(sub in node.call("getnetworkinfo")["subversion"], "subversion")
            tip = node.call("getblock", node.call("getbestblockhash"), 2)
            equal(len(tip["tx"]), tip["nTx"], "transactions")
            for tx in tip["tx"]:
                equal(node.call("getrawtransaction", tx["txid"]), tx["hex"], "hex")


run_tests(WORK, sys.argv[3:])

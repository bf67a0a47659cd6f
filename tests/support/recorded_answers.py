"""The recorded answers, asked of a server: all of them on the Electrum port, the node's own by HTTP POST too."""
import gzip, json, re, subprocess, sys

from naive_chain import NaiveChain, Reader
from naive_swaps import NO_TOKEN, NaiveSwaps


class RecordedChain:
    """Of the fixture in a directory."""

    def __init__(self, directory):
        self.directory = directory
        self.file = gzip.decompress((self.directory / "blk00000.dat.gz").read_bytes())

    def unpack(self, directory):
        directory.mkdir()
        (directory / "blk00000.dat").write_bytes(self.file)

    def active(self, parity=False):
        """The active chain, as the naive indexer reads it."""
        headers = [bytes.fromhex(line.split("\t")[2]) for line in (self.directory / "headers.tsv").read_text().splitlines() if line[0].isdigit()]
        blocks, file = {}, Reader(self.file)
        while file.take(4) == b"\xfa\xbf\xb5\xda":
            block = file.take(file.number("<I"))
            blocks[block[:80]] = block
        return NaiveChain([blocks[header] for header in headers], parity)

    def swap_index_info(self, parity):
        """What getswapindexinfo says: the node counts the token of 32 zeros alone."""
        chain = self.active(parity)
        swaps = NaiveSwaps(chain, parity)
        tokens = [NO_TOKEN] if parity else swaps.tokens | {NO_TOKEN}
        counts = [swaps.counts(token, False) for token in tokens]
        opened, closed = (sum(count[kind] for count in counts) for kind in ("open", "history"))
        return {"enabled": True, "current_height": chain.tip, "total_orders": opened + closed, "open_orders": opened,
                "history_orders": closed, "history_blocks": 10_000}

    def write_info_case(self, path, parity):
        """A case file beside the recorded ones, which lack this call."""
        case = {"id": "info", "group": "swap", "source": "node", "method": "getswapindexinfo", "params": [], "compare": "exact",
                "result": self.swap_index_info(parity)}
        path.write_text(json.dumps(case) + "\n")
        return path

    def cases_of(self, source):
        """Their labels, without a mempool."""
        cases = map(json.loads, (self.directory / "golden-base.jsonl").open())
        return {case["id"] for case in cases if case["source"] == source}

    def replay(self, port, http_port, *files):
        """[(what replay.py says, passed, failed)] of the Electrum port and of the HTTP port."""
        server, common = f"127.0.0.1:{port}", ["--strict-codes", "--show", "5000"]
        files = files or (self.directory / "golden-base.jsonl",)
        ways = (["--source", "all"], ["--source", "node", "--swap-http", f"127.0.0.1:{http_port}"])
        return [self.tally([self.directory / "replay.py", server, *files, *way, *common]) for way in ways]

    @staticmethod
    def tally(words):
        done = subprocess.run([sys.executable, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        tally = re.search(r"^(\d+) passed, (\d+) failed", done.stdout, re.M)
        if not tally or tally.group(1) == "0":
            return done.stdout[-2000:], 0, 1
        return done.stdout, int(tally.group(1)), int(tally.group(2))

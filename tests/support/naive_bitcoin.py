"""The rules of Bitcoin and Bitcoin Cash for naive_chain: witnesses, plain script hashes, no refs."""
import struct

from naive_chain import Input, NaiveChain, Output, is_data, sha256, sha256d


class BitcoinTx:
    def __init__(self, r):
        begin = r.at
        self.version = r.number("<i")
        self.has_witness = r.data[r.at:r.at + 2] == b"\x00\x01"
        r.at += 2 * self.has_witness
        body = r.at
        self.inputs = [Input((r.take(32), r.number("<I")), r.sized(), r.number("<I")) for _ in range(r.compact_size())]
        self.outputs = [Output(r.number("<q"), r.sized()) for _ in range(r.compact_size())]
        body = r.data[body:r.at]
        if self.has_witness:
            for _ in self.inputs:
                for _ in range(r.compact_size()):
                    r.sized()
        self.locktime = r.number("<I")
        self.raw = r.data[begin:r.at]
        self.id = sha256d(struct.pack("<i", self.version) + body + struct.pack("<I", self.locktime))


class BitcoinChain(NaiveChain):
    transaction = BitcoinTx

    @staticmethod
    def header_hash(header):
        return sha256d(header)

    def key(self, output):
        return None if is_data(output.script) else sha256(output.script)

    def refs(self, output):
        return []

    def listunspent(self, key):
        return [{name: value for name, value in item.items() if name != "refs"} for item in super().listunspent(key)]

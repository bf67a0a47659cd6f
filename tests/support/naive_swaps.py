"""The swap index as one would write it from the RSWP reference with all the time in the world, over a NaiveChain.

Two tellings, as in tests/model/naive_swaps.h: the rows of a node that indexed the chain in one pass, with all that it
shows, and ours, in which dead and superseded orders are not open. Bytes are as they stand in the block.
"""
from collections import namedtuple

from naive_chain import display, walk

NO_TOKEN = bytes(32)
LIMIT_MAX, COUNT_MAX, TAIL_MAX = 1000, 100_000, 1000

Offer = namedtuple("Offer", "version flags offered_type terms_type token want txid index terms signature")
Order = namedtuple("Order", "offer height spent")  # height: of the advertisement; spent: None, or height of the spender


def identity(offer):
    return offer.token, offer.txid, offer.index


def offer_index(opcode, data):
    """The offered output's index; None if it is none."""
    if opcode > 0x60 and data:
        return None  # the operand of a ref
    if len(data) > 4:
        return None
    number = int.from_bytes(data, "little")
    sign = 1 << (8 * len(data) - 1) if data else 0
    return (-(number - sign) if number & sign else number) % 2**32


def parse_offer(script):
    """An Offer, or None."""
    if script[:1] != b"\x6a":
        return None
    steps = [(opcode, data) for opcode, data, _ in walk(script)[0]][1:]
    fields = iter(steps)

    def take(size=None):
        opcode, data = next(fields)
        if size is not None and len(data) != size:
            raise StopIteration
        return data

    try:
        if take() != b"RSWP":
            return None
        version, first = take(1)[0], take(1)[0]
        flags, offered_type, terms_type = (first, take(1)[0], take(1)[0]) if version == 2 else (0, 0, 0)
        token = take(32)
        want = take(32) if version == 2 and flags & 1 else NO_TOKEN
        txid = take(32)
        index = offer_index(*next(fields))
        if index is None:
            return None
        tail = list(fields)
        if version == 2:
            if len(tail) < 2 or any(opcode > 0x4E for opcode, _ in tail):
                return None
            terms, signature = b"".join(data for _, data in tail[:-1]), tail[-1][1]
        else:
            terms, signature = tail[0][1], tail[1][1]
        return Offer(version, flags, offered_type, terms_type, token, want, txid, index, terms, signature)
    except (StopIteration, IndexError):
        return None


def offers_of(block):
    return [offer for tx in block for offer in map(parse_offer, (output.script for output in tx.outputs)) if offer]


def shown(order):
    offer = order.offer
    return {"version": offer.version, "flags": offer.flags, "offered_type": offer.offered_type, "terms_type": offer.terms_type,
            "tokenid": display(offer.token), **({"want_tokenid": display(offer.want)} if offer.want != NO_TOKEN else {}),
            "utxo": {"txid": display(offer.txid), "vout": offer.index}, "price_terms": offer.terms.hex(),
            "signature": offer.signature.hex(), "block_height": order.height if order.spent is None else order.spent}


class NaiveSwaps:
    """cache: offers of blocks, by header; keeps parsing out of the next chain."""

    def __init__(self, chain, parity, history_blocks=10_000, cache=None):
        cache = {} if cache is None else cache
        self.chain, self.parity = chain, parity
        self.open, self.history = {}, {}  # the node's o and h, by identity
        self.open_by, self.history_by = {}, {}  # p and q, by wanted token and identity
        self.dead, self.tokens, spent_so_far = set(), set(), set()
        for height, block in enumerate(chain.blocks):
            if chain.hashes[height] not in cache:
                cache[chain.hashes[height]] = offers_of(block)
            spent = {i.prevout for tx in block[1:] for i in tx.inputs}
            spent_so_far |= spent
            for key, order in list(self.open.items()):
                if key[1:] in spent:
                    self.history[key] = order._replace(spent=height)
                    del self.open[key]
                    if order.offer.want != NO_TOKEN:
                        self.history_by[order.offer.want, key] = self.open_by.pop((order.offer.want, key))._replace(spent=height)
            for offer in cache[chain.hashes[height]]:
                key, order = identity(offer), Order(offer, height, None)
                self.open[key] = order
                if offer.want != NO_TOKEN:
                    self.open_by[offer.want, key] = order
                (self.dead.add if key[1:] in spent_so_far else self.dead.discard)(key)
                self.tokens |= {offer.token, offer.want}
        if history_blocks:
            oldest = chain.tip - history_blocks
            self.history = {key: order for key, order in self.history.items() if order.spent >= oldest}
            self.history_by = {key: order for key, order in self.history_by.items() if order.spent >= oldest}

    # Listings, as they are kept: (order, is it open by our rules).

    def is_open(self, order):
        key = identity(order.offer)
        return self.open.get(key) == order and key not in self.dead

    def raw_open(self, token, by_want):
        rows = {(key[1], order) for key, order in self.open_by.items() if key[0] == token} if by_want else \
               {(key, order) for key, order in self.open.items() if key[0] == token}
        if by_want and token == NO_TOKEN and not self.parity:
            rows = {(key, order) for key, order in self.open.items() if order.offer.want == NO_TOKEN}
        return [order for _, order in sorted(rows)]

    def listed_open(self, token, by_want):
        """By the rules chosen."""
        return [order for order in self.raw_open(token, by_want) if self.parity or self.is_open(order)]

    def listed_history(self, token, by_want):
        rows = [(key[1], order) for key, order in self.history_by.items() if key[0] == token] if by_want else \
               [(key, order) for key, order in self.history.items() if key[0] == token]
        if by_want and token == NO_TOKEN and not self.parity:
            rows = [(key, order) for key, order in self.history.items() if order.offer.want == NO_TOKEN]
        return [order for _, order in sorted(rows, key=lambda row: row[0])]

    # The node's calls.

    def has_coin(self, order):
        outpoint = order.offer.txid, order.offer.index
        if outpoint in self.chain.spent_in_mempool:
            return False
        if order.offer.txid in self.chain.mempool:
            return order.offer.index < len(self.chain.mempool[order.offer.txid].outputs)
        output = self.chain.outputs.get(outpoint)
        return output is not None and outpoint not in self.chain.spent_outpoints and output.script[:2] != b"\x00\x6a"

    def is_young(self, order, max_age):
        age = self.chain.tip - order.height
        return max_age is None or (0 < age <= max_age if self.parity else age <= max_age)

    def is_spent_in_mempool(self, order):
        return (order.offer.txid, order.offer.index) in self.chain.spent_in_mempool

    def open_page(self, token, by_want, limit=100, offset=0, max_age=None):
        def fits(order):
            return self.has_coin(order) and self.is_young(order, max_age)
        listed = self.listed_open(token, by_want)
        limit = min(limit, LIMIT_MAX)
        if self.parity:
            return [shown(order) for order in listed[offset:offset + limit] if fits(order)]
        return [shown(order) for order in [order for order in listed if fits(order)][offset:offset + limit]]

    def history_page(self, token, by_want, limit=100, offset=0):
        limit = min(limit, LIMIT_MAX)
        stored, listed = self.listed_history(token, by_want), self.listed_open(token, by_want)
        if self.parity:
            page = stored[offset:offset + limit]
            page += [order for order in listed[:TAIL_MAX] if self.is_spent_in_mempool(order)][:limit - len(page)]
        else:
            page = (stored + [order for order in listed if self.is_spent_in_mempool(order)])[offset:offset + limit]
        return [shown(order) for order in page]

    def counts(self, token, by_want):
        return {"open": min(len(self.listed_open(token, by_want)), COUNT_MAX),
                "history": min(len(self.listed_history(token, by_want)), COUNT_MAX)}

    def answer(self, method, token_ref, *page):
        """Of getopenorders and its five siblings."""
        token, by_want = bytes.fromhex(token_ref)[::-1], method.endswith("bywant")
        if method.startswith("getswapcount"):
            return self.counts(token, by_want)
        defaults = [100, 0, None]
        page = [default if given is None else given for given, default in zip([*page, None, None, None], defaults)]
        return self.open_page(token, by_want, *page) if method.startswith("getopen") else self.history_page(token, by_want, *page[:2])

#include "naive_index.h"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace sluice::model {
namespace {

[[noreturn]] void refuse(const char* what) { throw std::runtime_error(std::string("naive index: ") + what); }

std::string hash(const std::string& data, const EVP_MD* method = EVP_sha256()) {
  std::string digest(32, '\0');
  auto* target = reinterpret_cast<unsigned char*>(digest.data());
  if (EVP_Digest(data.data(), data.size(), target, nullptr, method, nullptr) != 1) refuse("no hash");
  return digest;
}
std::string double_hash(const std::string& data) { return hash(hash(data)); }

std::string le(std::uint64_t value, std::size_t bytes) { return {reinterpret_cast<const char*>(&value), bytes}; }

// Reads from the front; every read is checked.
struct Reader {
  const std::string& data;
  std::size_t at = 0;

  [[nodiscard]] bool at_end() const { return at == data.size(); }
  std::string take(std::uint64_t count) {
    if (count > data.size() - at) refuse("truncated");
    at += count;
    return data.substr(at - count, count);
  }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    take(bytes).copy(reinterpret_cast<char*>(&value), bytes);
    return value;
  }
  std::uint64_t compact() {
    const std::uint64_t first = number(1);
    return first < 0xfd ? first : number(first == 0xfd ? 2 : first == 0xfe ? 4 : 8);
  }
  std::uint64_t shortest_compact() {
    const std::size_t begin = at;
    const std::uint64_t value = compact();
    if (at - begin != (value < 0xfd ? 1 : value <= 0xffff ? 3 : value <= 0xffffffff ? 5 : 9)) refuse("padded size");
    return value;
  }
};

struct Operation {
  std::uint64_t opcode;
  std::string length;   // the length bytes of a PUSHDATA
  std::string operand;  // pushed data, or the 36 bytes of a ref opcode
};

// All operations of a script. Throws if a push runs past the end.
std::vector<Operation> walk(const std::string& script) {
  std::vector<Operation> operations;
  for (Reader reader{script}; !reader.at_end();) {
    const std::uint64_t op = reader.number(1);
    std::uint64_t size = op <= 0x4b ? op : (op >= 0xd0 && op <= 0xd3) || op == 0xd8 ? 36 : 0;
    const std::size_t length_at = reader.at;
    if (op >= 0x4c && op <= 0x4e) size = reader.number(op == 0x4c ? 1 : op == 0x4d ? 2 : 4);
    operations.push_back({op, script.substr(length_at, reader.at - length_at), reader.take(size)});
  }
  return operations;
}

// Bytes of a well-formed token prefix, 0 if there is none: ef, category 32, field, [size, commitment], [amount].
std::size_t token_prefix_size(const std::string& script) try {
  Reader reader{script};
  if (reader.number(1) != 0xef) return 0;
  reader.take(32);
  const std::uint64_t field = reader.number(1), capability = field & 0x0f;
  const bool reserved = field & 0x80, commitment = field & 0x40, nft = field & 0x20, amount = field & 0x10;
  if (reserved || (!amount && !nft) || (!nft && (capability != 0 || commitment)) || capability > 2) return 0;
  const std::uint64_t size = commitment ? reader.shortest_compact() : 1;
  if (size == 0 || size > 128) return 0;
  if (commitment) reader.take(size);
  const std::uint64_t value = amount ? reader.shortest_compact() : 1;
  return value == 0 || value > 0x7fffffffffffffff ? 0 : reader.at;
} catch (const std::runtime_error&) {
  return 0;
}

std::string version_three_preimage(const NaiveTx& tx) {
  std::string prevouts, sequences, outputs;
  for (const auto& [prevout, script, sequence] : tx.inputs) {
    prevouts += prevout + double_hash(script);
    sequences += sequence;
  }
  for (const auto& [value, script] : tx.outputs) {
    std::set<std::string> reversed;  // the node's set of refs compares from the last byte to the first
    for (const auto& [ref, singleton] : naive_refs(script)) reversed.emplace(ref.rbegin(), ref.rend());
    std::string refs;
    for (const std::string& ref : reversed) refs.append(ref.rbegin(), ref.rend());
    outputs += le(value, 8) + double_hash(script) + le(reversed.size(), 4);
    outputs += refs.empty() ? std::string(32, '\0') : double_hash(refs);
  }
  return tx.version + le(tx.inputs.size(), 4) + double_hash(prevouts) + double_hash(sequences) +
         le(tx.outputs.size(), 4) + double_hash(outputs) + tx.locktime;
}

NaiveTx read_tx(Reader& reader, const NaiveRules& rules) {
  NaiveTx tx;
  tx.begin = reader.at;
  tx.version = reader.take(4);
  const bool witness = rules.segwit && !reader.at_end() && reader.data[reader.at] == '\0';
  if (witness) reader.take(2);
  const std::size_t body_at = reader.at;
  for (std::uint64_t count = reader.compact(); count > 0; --count)
    tx.inputs.push_back({reader.take(36), reader.take(reader.compact()), reader.take(4)});
  for (std::uint64_t count = reader.compact(); count > 0; --count)
    tx.outputs.push_back({reader.number(8), reader.take(reader.compact())});
  const std::string body = reader.data.substr(body_at, reader.at - body_at);
  for (std::size_t i = 0; witness && i < tx.inputs.size(); ++i)
    for (std::uint64_t items = reader.compact(); items > 0; --items) reader.take(reader.compact());
  tx.locktime = reader.take(4);
  const bool version_three = rules.radiant && tx.version == le(3, 4);
  tx.txid = double_hash(version_three ? version_three_preimage(tx) : tx.version + body + tx.locktime);
  return tx;
}

}  // namespace

std::vector<NaiveTx> naive_block_txs(const std::string& block, const NaiveRules& rules) {
  Reader reader{block};
  reader.take(80);
  std::vector<NaiveTx> txs;
  for (std::uint64_t count = reader.compact(); count > 0; --count) txs.push_back(read_tx(reader, rules));
  if (!reader.at_end()) refuse("bytes behind the last transaction");
  return txs;
}

std::string naive_block_hash(const std::string& header, const NaiveRules& rules) {
  const EVP_MD* method = rules.radiant ? EVP_sha512_256() : EVP_sha256();
  return hash(hash(header, method), method);
}

NaiveRefs naive_refs(const std::string& script) {
  NaiveRefs refs;
  for (const auto& [opcode, length, operand] : walk(script)) {
    if (opcode != 0xd0 && opcode != 0xd8) continue;
    const bool singleton = opcode == 0xd8;
    const auto known =
        std::find_if(refs.begin(), refs.end(), [&](const auto& other) { return other.first == operand; });
    if (known == refs.end()) refs.emplace_back(operand, singleton);
    else known->second = known->second && singleton;
  }
  return refs;
}

std::optional<std::string> naive_scripthash(std::string script, const NaiveRules& rules) try {
  if (rules.token_prefix) script = script.substr(token_prefix_size(script));
  if (script.starts_with('\x6a') || script.starts_with(std::string{'\0', '\x6a'})) return std::nullopt;
  const std::vector<Operation> operations = rules.radiant ? walk(script) : std::vector<Operation>{};
  const auto checks_signature = [](const Operation& op) { return op.opcode >= 0xac && op.opcode <= 0xaf; };
  if (std::none_of(operations.begin(), operations.end(), checks_signature)) return hash(script);
  script.clear();
  for (const auto& [opcode, length, operand] : operations) {
    script += static_cast<char>(opcode) + (rules.length_quirk ? "" : length);
    script += opcode >= 0xd0 ? std::string(operand.size(), '\0') : operand;
  }
  return hash(script);
} catch (const std::runtime_error&) {
  return std::nullopt;
}

void NaiveIndex::add_outputs(const NaiveTx& tx, TxNumber number) {
  std::set<std::string> spends;
  for (const NaiveTx::Input& input : tx.inputs) spends.insert(input.prevout);
  for (std::uint32_t i = 0; i < tx.outputs.size(); ++i) {
    const auto& [value, script] = tx.outputs[i];
    const std::string outpoint = tx.txid + le(i, 4);
    const auto scripthash = naive_scripthash(script, rules);
    // A twin coinbase overwrites the outputs of the earlier one.
    if (const auto twin = coins_.find(outpoint); twin != coins_.end() && scripthash)
      unspent.erase({*scripthash, twin->second.second, i});
    coins_[outpoint] = {scripthash, number};
    if (!scripthash) continue;
    history[*scripthash].insert(number);
    unspent[{*scripthash, number, i}] = value;
    if (!rules.radiant) continue;
    const NaiveRefs pushes = naive_refs(script);
    if (!pushes.empty()) refs[{number, i}] = pushes;
    for (const auto& [ref, singleton] : pushes) {
      if (spends.contains(ref)) mints[ref] = number;
      else if (singleton) latest[ref] = number;
    }
  }
}

void NaiveIndex::spend(const std::string& outpoint, TxNumber number) {
  if (outpoint == std::string(32, '\0') + "\xff\xff\xff\xff") return;  // of a coinbase
  const auto coin = coins_.find(outpoint);
  if (coin == coins_.end()) refuse("spends an output that is not there");
  const auto [scripthash, created_by] = coin->second;
  coins_.erase(coin);
  if (!scripthash) return;
  history[*scripthash].insert(number);
  unspent.erase({*scripthash, created_by, static_cast<std::uint32_t>(Reader{outpoint, 32}.number(4))});
}

void NaiveIndex::add_block(const std::string& block) {
  const std::vector<NaiveTx> txs = naive_block_txs(block, rules);
  headers.push_back(block.substr(0, 80));
  block_first_tx.push_back(txids.size());
  if (headers.size() == 1) return;  // the genesis block contributes no transactions
  for (const NaiveTx& tx : txs) {
    add_outputs(tx, txids.size());
    txids.push_back(tx.txid);
    offsets.push_back(static_cast<std::uint32_t>(tx.begin));
  }
  // Outputs of the whole block came first: a child may stand before its parent.
  for (std::size_t i = 0; i < txs.size(); ++i)
    for (const NaiveTx::Input& input : txs[i].inputs) spend(input.prevout, block_first_tx.back() + i);
}

}  // namespace sluice::model

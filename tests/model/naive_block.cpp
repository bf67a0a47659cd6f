#include "naive_block.h"

#include <openssl/evp.h>

#include <algorithm>
#include <initializer_list>
#include <set>
#include <stdexcept>
#include <string>

namespace sluice::model {

using Buffer = std::vector<std::byte>;

namespace {

[[noreturn]] void refuse(const char* what) { throw std::runtime_error(std::string("naive index: ") + what); }

Digest hash(Bytes data, const EVP_MD* method = EVP_sha256()) {
  Digest digest;
  if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, method, nullptr) !=
      1)
    refuse("no hash");
  return digest;
}

Digest double_hash(Bytes data, const EVP_MD* method = EVP_sha256()) { return hash(hash(data, method).span(), method); }

void append(Buffer& target, Bytes bytes) {
  for (const std::byte byte : bytes) target.push_back(byte);
}

template <typename T>
void append_le(Buffer& target, T value) {
  append(target, bytes_of(value));
}

// Reads from the front of a span; every read is checked.
struct Reader {
  Bytes data;
  std::size_t at = 0;

  [[nodiscard]] std::size_t left() const { return data.size() - at; }
  Bytes take(std::uint64_t count) {
    if (count > left()) refuse("truncated");
    at += static_cast<std::size_t>(count);
    return data.subspan(at - static_cast<std::size_t>(count), static_cast<std::size_t>(count));
  }
  template <typename T>
  T number() {
    return load_le<T>(take(sizeof(T)).data());
  }
  std::uint64_t compact() {
    const auto first = number<std::uint8_t>();
    if (first < 0xfd) return first;
    return first == 0xfd ? number<std::uint16_t>() : first == 0xfe ? number<std::uint32_t>() : number<std::uint64_t>();
  }
};

struct Operation {
  int opcode;
  Bytes length;   // the length bytes of a PUSHDATA
  Bytes operand;  // pushed data, or the 36 bytes of a ref opcode
};

// All operations of a script; false if a push runs past the end.
bool walk(Bytes script, std::vector<Operation>& target) {
  target.clear();
  Reader reader{script};
  while (reader.left() > 0) {
    Operation operation{reader.number<std::uint8_t>(), {}, {}};
    const int op = operation.opcode;
    std::uint64_t size = op <= 0x4b ? static_cast<std::uint64_t>(op) : 0;
    if (op >= 0x4c && op <= 0x4e) {
      const std::size_t width = op == 0x4c ? 1 : op == 0x4d ? 2 : 4;
      if (reader.left() < width) return false;
      operation.length = reader.take(width);
      for (std::size_t i = width; i > 0; --i) size = size << 8 | static_cast<std::uint64_t>(operation.length[i - 1]);
    }
    if ((op >= 0xd0 && op <= 0xd3) || op == 0xd8) size = 36;
    if (reader.left() < size) return false;
    operation.operand = reader.take(size);
    target.push_back(operation);
  }
  return true;
}

// Bytes of a well-formed token prefix, 0 if there is none.
// ef, category 32, bitfield, [compact length, commitment], [compact amount]
std::size_t token_prefix_size(Bytes script) {
  if (script.empty() || script[0] != std::byte{0xef}) return 0;
  try {
    Reader reader{script};
    reader.take(33);
    const auto field = reader.number<std::uint8_t>();
    const bool amount = field & 0x10, nft = field & 0x20, commitment = field & 0x40;
    const int capability = field & 0x0f;
    if ((field & 0x80) || (!amount && !nft) || (!nft && (capability != 0 || commitment)) || capability > 2) return 0;
    const auto canonical = [&] {
      const std::size_t begin = reader.at;
      const std::uint64_t value = reader.compact();
      const std::size_t width = value < 0xfd ? 1 : value <= 0xffff ? 3 : value <= 0xffffffff ? 5 : 9;
      return reader.at - begin == width ? value : 0;
    };
    if (commitment) {
      const std::uint64_t size = canonical();
      if (size == 0 || size > 40) return 0;
      reader.take(size);
    }
    if (amount) {
      const std::uint64_t value = canonical();
      if (value == 0 || value > 0x7fffffffffffffff) return 0;
    }
    return reader.at;
  } catch (const std::runtime_error&) {
    return 0;
  }
}

bool starts_with(Bytes script, std::initializer_list<int> bytes) {
  return script.size() >= bytes.size() &&
         std::equal(bytes.begin(), bytes.end(), script.begin(),
                    [](int left, std::byte right) { return left == static_cast<int>(right); });
}

Digest version_three_id(const NaiveTx& tx) {
  Buffer prevouts, sequences, outputs;
  for (const auto& input : tx.inputs) {
    append(prevouts, input.prevout.first.span());
    append_le(prevouts, input.prevout.second);
    append(prevouts, double_hash(input.script).span());
    append_le(sequences, input.sequence);
  }
  for (const auto& output : tx.outputs) {
    std::vector<NaiveRefPush> pushes;
    if (!naive_refs(output.script, pushes)) refuse("version 3 with a script that cannot be walked");
    // The node's set of refs compares from the last byte to the first.
    std::set<NaiveRef> reversed;
    for (NaiveRefPush& push : pushes) {
      std::reverse(push.ref.begin(), push.ref.end());
      reversed.insert(push.ref);
    }
    Buffer joined;
    for (const NaiveRef& ref : reversed) joined.insert(joined.end(), ref.rbegin(), ref.rend());
    append_le(outputs, output.value);
    append(outputs, double_hash(output.script).span());
    append_le(outputs, static_cast<std::uint32_t>(reversed.size()));
    append(outputs, (joined.empty() ? Digest{} : double_hash(joined)).span());
  }
  Buffer preimage;
  append_le(preimage, tx.version);
  append_le(preimage, static_cast<std::uint32_t>(tx.inputs.size()));
  append(preimage, double_hash(prevouts).span());
  append(preimage, double_hash(sequences).span());
  append_le(preimage, static_cast<std::uint32_t>(tx.outputs.size()));
  append(preimage, double_hash(outputs).span());
  append_le(preimage, tx.locktime);
  return double_hash(preimage);
}

}  // namespace

bool naive_refs(Bytes script, std::vector<NaiveRefPush>& target) {
  target.clear();
  std::vector<Operation> operations;
  if (!walk(script, operations)) return false;
  for (const Operation& operation : operations) {
    if (operation.opcode != 0xd0 && operation.opcode != 0xd8) continue;
    NaiveRefPush push;
    std::copy(operation.operand.begin(), operation.operand.end(), push.ref.begin());
    push.singleton = operation.opcode == 0xd8;
    const auto known =
        std::find_if(target.begin(), target.end(), [&](const NaiveRefPush& other) { return other.ref == push.ref; });
    if (known == target.end()) target.push_back(push);
    else known->singleton = known->singleton && push.singleton;
  }
  return true;
}

bool naive_scripthash(Bytes script, const NaiveRules& rules, ScriptHash& target) {
  if (rules.token_prefix) script = script.subspan(token_prefix_size(script));
  if (starts_with(script, {0x6a}) || starts_with(script, {0x00, 0x6a})) return false;
  Buffer hashed(script.begin(), script.end());
  if (rules.radiant) {
    std::vector<Operation> operations;
    if (!walk(script, operations)) return false;
    if (std::any_of(operations.begin(), operations.end(),
                    [](const Operation& o) { return o.opcode >= 0xac && o.opcode <= 0xaf; })) {
      hashed.clear();
      for (const Operation& operation : operations) {
        append_le(hashed, static_cast<std::uint8_t>(operation.opcode));
        if (!rules.length_quirk) append(hashed, operation.length);
        if (operation.opcode >= 0xd0) hashed.resize(hashed.size() + operation.operand.size());  // zeros
        else append(hashed, operation.operand);
      }
    }
  }
  target = hash_cast<ScriptHash>(hash(hashed));
  return true;
}

BlockHash naive_block_hash(Bytes header, const NaiveRules& rules) {
  return hash_cast<BlockHash>(double_hash(header, rules.radiant ? EVP_sha512_256() : EVP_sha256()));
}

namespace {

NaiveTx read_tx(Reader& reader, const NaiveRules& rules) {
  NaiveTx tx;
  const std::size_t begin = reader.at;
  tx.version = reader.number<std::int32_t>();
  const bool witness = rules.segwit && reader.left() >= 2 && starts_with(reader.data.subspan(reader.at), {0x00, 0x01});
  if (witness) reader.take(2);
  const std::size_t core_begin = reader.at;
  for (std::uint64_t count = reader.compact(); count > 0; --count) {
    NaiveTx::Input input;
    input.prevout.first = Txid::from_bytes(reader.take(32).data());
    input.prevout.second = reader.number<std::uint32_t>();
    input.script = reader.take(reader.compact());
    input.sequence = reader.number<std::uint32_t>();
    tx.inputs.push_back(input);
  }
  for (std::uint64_t count = reader.compact(); count > 0; --count) {
    const auto value = reader.number<std::uint64_t>();
    tx.outputs.push_back({value, reader.take(reader.compact())});
  }
  Buffer core;
  append_le(core, tx.version);
  append(core, reader.data.subspan(core_begin, reader.at - core_begin));
  if (witness) {
    for (std::size_t i = 0; i < tx.inputs.size(); ++i) {
      for (std::uint64_t items = reader.compact(); items > 0; --items) reader.take(reader.compact());
    }
  }
  tx.locktime = reader.number<std::uint32_t>();
  append_le(core, tx.locktime);
  tx.coinbase = tx.inputs.size() == 1 && tx.inputs[0].prevout == NaiveOutpoint{Txid{}, 0xffffffff};
  const bool preimage = rules.radiant && tx.version == 3;
  const Digest id = preimage  ? version_three_id(tx)
                    : witness ? double_hash(core)
                              : double_hash(reader.data.subspan(begin, reader.at - begin));
  tx.txid = hash_cast<Txid>(id);
  tx.begin = static_cast<std::uint32_t>(begin);
  tx.size = static_cast<std::uint32_t>(reader.at - begin);
  return tx;
}

}  // namespace

NaiveTx naive_tx(Bytes raw, const NaiveRules& rules) {
  Reader reader{raw};
  NaiveTx tx = read_tx(reader, rules);
  if (reader.left() != 0) refuse("bytes behind the transaction");
  return tx;
}

std::vector<NaiveTx> naive_block_txs(Bytes raw, const NaiveRules& rules) {
  Reader reader{raw};
  reader.take(80);
  std::vector<NaiveTx> txs;
  for (std::uint64_t count = reader.compact(); count > 0; --count) txs.push_back(read_tx(reader, rules));
  if (reader.left() != 0) refuse("bytes behind the last transaction");
  return txs;
}

}  // namespace sluice::model

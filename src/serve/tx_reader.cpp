#include "serve/tx_reader.h"

namespace sluice::serve {
namespace {

constexpr std::size_t input_bytes_min = 41;
constexpr std::size_t output_bytes_min = 9;

bool read_inputs(ByteReader& reader, TxView& target) {
  const std::uint64_t count = reader.compact_size();
  if (count > reader.left() / input_bytes_min) return false;
  target.inputs.resize(static_cast<std::size_t>(count));
  for (auto& input : target.inputs) {
    input.prevout_txid = reader.take(32);
    input.prevout_index = reader.number<std::uint32_t>();
    input.script = reader.sized();
    input.sequence = reader.number<std::uint32_t>();
  }
  return !reader.failed();
}

bool read_outputs(ByteReader& reader, TxView& target) {
  const std::uint64_t count = reader.compact_size();
  if (count > reader.left() / output_bytes_min) return false;
  target.outputs.resize(static_cast<std::size_t>(count));
  for (auto& output : target.outputs) {
    output.value = reader.number<std::int64_t>();
    output.script = reader.sized();
  }
  return !reader.failed();
}

bool read_witness(ByteReader& reader, TxView& target) {
  const std::size_t begin = reader.at();
  for (auto& input : target.inputs) {
    const std::uint64_t count = reader.compact_size();
    if (count > reader.left()) return false;
    for (std::uint64_t i = 0; i < count; ++i) input.witness.push_back(reader.sized());
  }
  target.witness_bytes = 2 + reader.at() - begin;
  return !reader.failed();
}

}  // namespace

bool read_transaction(Bytes raw, bool segwit, TxView& target) {
  target = TxView{};
  ByteReader reader(raw);
  target.version = reader.number<std::int32_t>();
  target.has_witness = segwit && reader.peek(0) == 0 && reader.peek(1) != 0;
  if (target.has_witness && (void(reader.number<std::uint8_t>()), reader.number<std::uint8_t>() != 1)) return false;
  if (!read_inputs(reader, target) || !read_outputs(reader, target)) return false;
  if (target.has_witness && !read_witness(reader, target)) return false;
  target.locktime = reader.number<std::uint32_t>();
  return !reader.failed() && reader.left() == 0;
}

}  // namespace sluice::serve

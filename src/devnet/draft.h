// A transaction in the making, and its serialisation with the id that follows from it.
#pragma once

#include <vector>

#include "devnet/digest.h"
#include "devnet/state.h"

namespace sluice::devnet {

/// Where an output goes once its transaction has an id.
enum class Destination : std::uint8_t { plain, ft, nft, cold, dead };  // cold: kept unspent for ever; dead: unindexed

struct DraftOutput {
  std::uint64_t value = 0;
  std::uint32_t script_begin = 0;  ///< in Draft::scripts
  std::uint32_t script_size = 0;
  std::uint32_t key = 0;
  ScriptForm form = ScriptForm::p2pkh;
  Destination destination = Destination::plain;
  std::array<std::uint32_t, 2> refs{};  ///< distinct refs pushed, as in LiveOutput
};

struct Draft {
  TxKind kind = TxKind::pay_one_two;
  std::int32_t version = 2;
  std::uint32_t locktime = 0;
  std::vector<LiveOutput> inputs;  ///< empty for a coinbase
  Buffer coinbase_script;          ///< scriptSig of a coinbase
  bool coinbase_witness = false;   ///< Bitcoin: reserved value for the commitment
  std::vector<DraftOutput> outputs;
  Buffer scripts;

  void clear() {
    version = 2, locktime = 0, coinbase_witness = false;
    inputs.clear(), coinbase_script.clear(), outputs.clear(), scripts.clear();
  }
  [[nodiscard]] std::uint64_t input_value() const {
    std::uint64_t sum = 0;
    for (const LiveOutput& input : inputs) sum += input.value;
    return sum;
  }
  /// Ends the script that was appended to `scripts` since the last output.
  DraftOutput& add_output(std::uint64_t value, ScriptForm form, std::uint32_t key, Destination destination) {
    const std::uint32_t begin = outputs.empty() ? 0 : outputs.back().script_begin + outputs.back().script_size;
    outputs.push_back({value, begin, static_cast<std::uint32_t>(scripts.size()) - begin, key, form, destination, {}});
    return outputs.back();
  }
};

struct TxIds {
  Digest txid;
  Digest witness_txid;  ///< equals txid without a witness
};

/// Appends transactions to a block body. Holds scratch memory only.
class TxWriter {
 public:
  /// version_three: whether version 3 has an id of its own (Radiant).
  explicit TxWriter(bool version_three) : version_three_(version_three) {}
  TxIds append(Buffer& body, const Draft& draft, const std::vector<Ref>& refs, Random& random);

 private:
  [[nodiscard]] Digest version_three_id(const Buffer& body, const Draft& draft, const std::vector<Ref>& refs);

  bool version_three_;
  Buffer scratch_, stripped_;
  struct Place {
    std::size_t begin, size;
  };
  std::vector<Place> script_sigs_;
  std::vector<std::uint32_t> sequences_;
};

}  // namespace sluice::devnet

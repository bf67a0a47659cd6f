// Scripts as the nodes print them ("asm"), and the standard templates they recognise.
// Source: the nodes' ScriptToAsmStr (core_write.cpp) and Solver (script/standard.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "chain/coin.h"

namespace sluice::serve {

/// One step of a script: opcode and the bytes it pushes (or the operand of a ref opcode).
struct ScriptStep {
  std::uint8_t opcode = 0;
  Bytes operand;
};

/// Reads steps until the end or a truncated one.
class ScriptReader {
 public:
  ScriptReader(Bytes script, chain::Coin coin) : script_(script), coin_(coin) {}
  [[nodiscard]] bool at_end() const noexcept { return at_ == script_.size(); }
  /// false if the next step is truncated.
  [[nodiscard]] bool next(ScriptStep& step) noexcept;

 private:
  Bytes script_;
  chain::Coin coin_;
  std::size_t at_ = 0;
};

enum class ScriptRole : std::uint8_t { input, output };

/// Appends the asm text. In inputs, pushes that are signatures show their hash type by name.
void append_script_asm(std::string& target, Bytes script, ScriptRole role, chain::Coin coin);

/// Name of an opcode that is not a push, e.g. OP_DUP, OP_UNKNOWN.
[[nodiscard]] std::string_view opcode_name(std::uint8_t opcode, chain::Coin coin) noexcept;

enum class ScriptType : std::uint8_t {
  nonstandard,
  pubkey,
  pubkeyhash,
  scripthash,
  scripthash32,
  multisig,
  nulldata,
  witness_v0_keyhash,
  witness_v0_scripthash,
  witness_v1_taproot,
  witness_unknown,
};
[[nodiscard]] std::string_view script_type_name(ScriptType type) noexcept;

struct SolvedScript {
  ScriptType type = ScriptType::nonstandard;
  unsigned required_signatures = 0;  ///< of standard types with addresses
  std::vector<Bytes> solutions;      ///< keys, the hash, or the witness program
  unsigned witness_version = 0;
};
[[nodiscard]] SolvedScript solve_script(Bytes script, chain::Coin coin);

}  // namespace sluice::serve

// One output by its outpoint: in the chain or in the mempool, and whether it was spent.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "serve/server_context.h"

namespace sluice::serve {

struct FoundOutput {
  std::optional<TxPlace> place;  ///< nullopt: unconfirmed
  ScriptHash scripthash;
  std::int64_t value = 0;
};

/// An output as its transaction has it.
struct RawOutput {
  std::optional<TxPlace> place;  ///< nullopt: unconfirmed
  std::vector<std::byte> tx;
  std::int64_t value = 0;
  Bytes script;  ///< in tx

  RawOutput() = default;
  RawOutput(RawOutput&&) noexcept = default;
  RawOutput& operator=(RawOutput&&) noexcept = default;
};

/// nullopt: there is no such output.   Errors: the view's.
/// Cost: reads one transaction.
[[nodiscard]] Result<std::optional<RawOutput>> read_output(const ServerContext& context, const Outpoint& outpoint);

/// nullopt: there is no such output, or nobody can spend it.   Errors: the view's.
/// Cost: reads one transaction.
[[nodiscard]] Result<std::optional<FoundOutput>> find_output(const ServerContext& context, const Outpoint& outpoint);

/// Has no transaction of the chain spent it?   Errors: the view's.
/// Cost: one row.
[[nodiscard]] Result<bool> is_unspent_in_chain(const ServerContext& context, const Outpoint& outpoint,
                                               const FoundOutput& output);

}  // namespace sluice::serve

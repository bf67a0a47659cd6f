#include "serve/outpoint_argument.h"

#include <limits>

namespace sluice::serve {

Coerced<Outpoint> outpoint_argument(const Call& call) {
  const auto txid = to_txid(call.argument[0]);
  if (!txid.ok()) return txid.fault();
  const auto index = to_natural(call.argument[1]);
  if (!index.ok()) return index.fault();
  if (index.value().value > std::numeric_limits<std::uint32_t>::max())
    return bad_request(index.value().digits + " is not the index of an output");
  return Outpoint{txid.value(), static_cast<std::uint32_t>(index.value().value)};
}

}  // namespace sluice::serve

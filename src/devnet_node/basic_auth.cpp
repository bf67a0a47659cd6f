#include "devnet_node/basic_auth.h"

#include <openssl/evp.h>

namespace sluice::devnet_node {

std::optional<std::string> basic_credentials(std::string_view header) {
  constexpr std::string_view scheme = "Basic ";
  if (!header.starts_with(scheme)) return std::nullopt;
  const std::string_view encoded = header.substr(scheme.size());
  if (encoded.empty() || encoded.size() % 4 != 0 || encoded.size() > 4096) return std::nullopt;
  // The library takes '=' anywhere, and decodes it to zero bits.
  const std::size_t padding = encoded.ends_with("==") ? 2 : encoded.ends_with("=") ? 1 : 0;
  if (encoded.substr(0, encoded.size() - padding).find('=') != std::string_view::npos) return std::nullopt;
  std::string decoded(encoded.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                      reinterpret_cast<const unsigned char*>(encoded.data()), static_cast<int>(encoded.size()));
  if (size < 0) return std::nullopt;
  decoded.resize(static_cast<std::size_t>(size) - padding);
  return decoded;
}

}  // namespace sluice::devnet_node

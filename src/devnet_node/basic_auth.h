// "Authorization: Basic ..." of a request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::devnet_node {

/// The user:password of the header's value; nullopt if it is of another kind or no base64.
[[nodiscard]] std::optional<std::string> basic_credentials(std::string_view header);

}  // namespace sluice::devnet_node

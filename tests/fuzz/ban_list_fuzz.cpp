// Any bytes as a list of bans: it is refused by a line's number, or every address in it is one that was written.
#include <string_view>

#include "base/check.h"
#include "net/ban_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto list = sluice::net::parse_ban_list(text);
  if (!list) {
    SLUICE_CHECK(list.error().message.starts_with("line "));
    return 0;
  }
  SLUICE_CHECK(list.value().size() <= size);
  for (std::size_t at = 0; at < size;) {
    const std::size_t end = std::min(text.find('\n', at), size);
    if (const auto address = sluice::net::parse_ip_address(text.substr(at, end - at)))
      SLUICE_CHECK(list.value().contains(*address));
    at = end + 1;
  }
  return 0;
}

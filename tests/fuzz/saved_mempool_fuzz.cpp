// Any bytes as a saved mempool: as they are, and (selector bit 0) under a right head and checksum. What is read back
// lies within the bytes and accounts for all of them.
#include "fuzz_support.h"
#include "mempool/saved.h"

namespace sluice {
namespace {

constexpr std::uint32_t magic = 1;

void check_saved(const fuzz::FuzzInput& input) {
  std::vector<std::byte> file(input.bytes.begin(), input.bytes.end());
  if (input.flag(0)) {
    std::vector<std::byte> sealed;
    mempool::save(mempool::Mempool({}), magic,
                  [&](Bytes bytes) { sealed.insert(sealed.end(), bytes.begin(), bytes.end()); });
    sealed.resize(16);  // the head
    sealed.insert(sealed.end(), file.begin(), file.end());
    const Digest digest = hash::sha256(sealed);
    sealed.insert(sealed.end(), digest.bytes.begin(), digest.bytes.end());
    file = std::move(sealed);
  }
  const auto raws = mempool::read_saved(file, magic);
  if (!raws) {
    SLUICE_CHECK(!raws.error().message.empty());
    return;
  }
  std::size_t bytes = 16 + 4 + 32;
  for (const Bytes raw : raws.value()) {
    SLUICE_CHECK(!raw.empty() && raw.data() >= file.data() && raw.data() + raw.size() <= file.data() + file.size());
    bytes += 4 + raw.size();
  }
  SLUICE_CHECK(bytes == file.size());
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::check_saved(sluice::fuzz::split_input(data, size));
  return 0;
}

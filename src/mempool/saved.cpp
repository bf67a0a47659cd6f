#include "mempool/saved.h"

#include <array>
#include <string>

namespace sluice::mempool {
namespace {

constexpr std::uint32_t format_version = 1;
constexpr std::array<char, 8> file_mark{'s', 'l', 'u', 'i', 'c', 'e', 'm', 'p'};
constexpr std::size_t head_bytes = file_mark.size() + 8;
constexpr std::size_t digest_bytes = sizeof(Digest);
constexpr std::size_t size_bytes = 4;

Error corrupt(const std::string& what) {
  return {ErrorKind::corrupt, "the saved mempool " + what + "; it will be fetched from the node"};
}

}  // namespace

void save(const Mempool& mempool, std::uint32_t network_magic, const ByteSink& sink) {
  hash::Sha256 hasher;
  const auto write = [&](Bytes bytes) {
    hasher.update(bytes);
    sink(bytes);
  };
  const auto write_number = [&](std::uint32_t number) { write(bytes_of(number)); };
  write(std::as_bytes(std::span(file_mark)));
  write_number(format_version);
  write_number(network_magic);
  mempool.for_each_in_order([&](Bytes raw) {
    write_number(static_cast<std::uint32_t>(raw.size()));
    write(raw);
  });
  write_number(0);
  sink(hasher.finish().span());
}

Result<std::vector<Bytes>> read_saved(Bytes file, std::uint32_t network_magic) {
  if (file.size() < head_bytes + size_bytes + digest_bytes) return corrupt("is cut short");
  if (std::memcmp(file.data(), file_mark.data(), file_mark.size()) != 0) return corrupt("is some other file");
  const auto version = load_le<std::uint32_t>(file.data() + file_mark.size());
  if (version != format_version)
    return Error{ErrorKind::unsupported, "the saved mempool has format " + std::to_string(version)};
  if (load_le<std::uint32_t>(file.data() + file_mark.size() + 4) != network_magic)
    return Error{ErrorKind::unsupported, "the saved mempool belongs to another network"};
  const Bytes body = file.first(file.size() - digest_bytes);
  if (hash::sha256(body) != Digest::from_bytes(body.data() + body.size()))
    return corrupt("does not match its checksum");
  std::vector<Bytes> raws;
  Bytes left = body.subspan(head_bytes);
  while (left.size() >= size_bytes) {
    const auto size = load_le<std::uint32_t>(left.data());
    left = left.subspan(size_bytes);
    if (size == 0) {
      if (!left.empty()) return corrupt("goes on behind its end");
      return raws;
    }
    if (size > left.size()) break;
    raws.push_back(left.first(size));
    left = left.subspan(size);
  }
  return corrupt("ends within a transaction");
}

}  // namespace sluice::mempool

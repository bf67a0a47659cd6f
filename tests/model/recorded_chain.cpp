#include "recorded_chain.h"

#include <cstdio>
#include <fstream>
#include <map>

#include "base/hex.h"
#include "byte_text.h"
#include "support/fixtures.h"

namespace sluice::model {
namespace {

std::string unzip(const std::string& path) {
  FILE* pipe = ::popen(("gzip -dc '" + path + "'").c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error(path + ": no gzip");
  std::string data;
  char part[65536];
  for (std::size_t count; (count = std::fread(part, 1, sizeof part, pipe)) > 0;) data.append(part, count);
  if (::pclose(pipe) != 0) throw std::runtime_error(path + ": cannot be unzipped");
  return data;
}

// Records by block hash as shown: magic, size, block; zeros end the file.
std::map<std::string, std::string> records_of(const std::string& file, const NaiveRules& rules) {
  std::map<std::string, std::string> records;
  const auto number_at = [&](std::size_t at) {
    return load_le<std::uint32_t>(reinterpret_cast<const std::byte*>(file.data() + at));
  };
  for (std::size_t at = 0; at + 8 <= file.size() && number_at(at) == 0xdab5bffa;) {
    const std::size_t size = number_at(at + 4);
    if (size < 80 || size > file.size() - at - 8) break;
    const std::string block = file.substr(at + 8, size);
    records[shown(naive_block_hash(block.substr(0, 80), rules))] = block;
    at += 8 + size;
  }
  return records;
}

}  // namespace

std::string recorded_file(const std::string& name) {
  return (test::fixtures_dir() / "radiant-regtest-small" / name).string();
}

RecordedChain read_recorded_chain(const NaiveRules& rules) {
  const auto records = records_of(unzip(recorded_file("blk00000.dat.gz")), rules);
  RecordedChain chain;
  std::ifstream headers(recorded_file("headers.tsv"));
  std::uint32_t height = 0;
  for (std::string hash, hex; headers >> height >> hash >> hex;) {
    const auto found = records.find(hash);
    const auto header = from_hex(hex);
    if (found == records.end() || !header || found->second.substr(0, 80) != text_of(*header))
      throw std::runtime_error("block file and headers.tsv disagree at height " + std::to_string(height));
    chain.active.push_back(found->second);
  }
  chain.stale = records.size() - chain.active.size();
  return chain;
}

}  // namespace sluice::model

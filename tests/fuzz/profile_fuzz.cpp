// Profile files of any bytes: parsing and putting in never crashes, a refusal is one line, and whatever was
// accepted is written out and read back as the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "config/profile.h"

namespace {

using namespace sluice;
using namespace sluice::config;

std::string written(const Settings& settings) {
  PipelineTuning tuning;
  RocksDbOptions rocksdb;
  fill(settings, tuning);
  fill(settings, rocksdb);
  std::string text;
  append_profile(text, tuning);
  append_profile(text, rocksdb);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Settings settings(Command::sync);
  const Status status = apply_profile(settings, text, {Source::profile, "fuzz"});
  if (!status) {
    SLUICE_CHECK(status.error().kind == ErrorKind::config);
    SLUICE_CHECK(status.error().message.find('\n') == std::string::npos);
    return 0;
  }
  const std::string first = written(settings);
  Settings again(Command::sync);
  SLUICE_CHECK(apply_profile(again, first, {Source::profile, "again"}).ok());
  SLUICE_CHECK(written(again) == first);
  return 0;
}

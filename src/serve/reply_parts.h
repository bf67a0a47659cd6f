// Pieces that several answers share.
#pragma once

#include <string>
#include <vector>

#include "base/hash256.h"
#include "serve/json_text.h"
#include "serve/read_view.h"

namespace sluice::serve {

/// `["...","..."]` in display form.
inline void append_branch(std::string& reply, const std::vector<Digest>& branch) {
  reply += '[';
  for (std::size_t i = 0; i < branch.size(); ++i) {
    if (i != 0) reply += ',';
    append_json_hash(reply, branch[i].span());
  }
  reply += ']';
}

/// Of its header, in seconds. Errors: the view's.
inline Result<std::uint32_t> block_time(const ReadView& view, std::uint32_t height) {
  constexpr std::size_t time_offset = 68;
  const auto header = view.header(height);
  if (!header) return header.error();
  return load_le<std::uint32_t>(header.value().data() + time_offset);
}

/// `{"hex":...,"height":n}` of the newest block. Errors: the view's.
inline Status append_tip(std::string& reply, const ReadView& view) {
  const std::uint32_t tip = view.tip_height();
  const auto header = view.header(tip);
  if (!header) return header.error();
  reply += "{\"hex\":";
  append_json_hex(reply, header.value());
  reply += ",\"height\":";
  append_number(reply, tip);
  reply += '}';
  return {};
}

}  // namespace sluice::serve

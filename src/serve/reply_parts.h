// Pieces that several answers share.
#pragma once

#include <string>
#include <vector>

#include "base/hash256.h"
#include "serve/json_text.h"

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

}  // namespace sluice::serve

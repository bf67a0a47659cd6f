#include "session/line_buffer.h"

#include "base/text_buffer.h"

namespace sluice::session {
namespace {
constexpr std::size_t kept_capacity = 4096;  // an idle session holds no more than this
}

void LineBuffer::compact() {
  if (begin_ == bytes_.size()) {
    empty_buffer(bytes_, kept_capacity);
  } else if (begin_ > bytes_.size() / 2) {
    bytes_.erase(0, begin_);
  } else {
    return;
  }
  searched_ = searched_ > begin_ ? searched_ - begin_ : 0;
  begin_ = 0;
}

void LineBuffer::append(std::string_view bytes) {
  compact();
  if (skipping_) {
    const std::size_t newline = bytes.find('\n');
    if (newline == std::string_view::npos) return;
    bytes.remove_prefix(newline + 1);
    skipping_ = false;
  }
  bytes_.append(bytes);
}

bool LineBuffer::next(std::string_view& line) {
  while (true) {
    const std::size_t newline = bytes_.find('\n', searched_ > begin_ ? searched_ : begin_);
    if (newline == std::string::npos) {
      searched_ = bytes_.size();
      if (too_long(size())) {
        ++dropped_lines_;
        skipping_ = true;
        begin_ = bytes_.size();
        compact();
      }
      return false;
    }
    const std::size_t begin = begin_;
    begin_ = searched_ = newline + 1;
    if (!too_long(newline - begin)) {
      taken_begin_ = begin;
      line = std::string_view(bytes_).substr(begin, newline - begin);
      return true;
    }
    ++dropped_lines_;
  }
}

}  // namespace sluice::session

#include "serve/scripthash_status.h"

#include "base/hex.h"
#include "hash/sha256.h"
#include "serve/json_text.h"
#include "serve/txid_walk.h"

namespace sluice::serve {
namespace {

/// Hashes history items as a status has them.
class StatusText {
 public:
  void add(hash::Sha256& hasher, const Txid& txid, std::string_view shown_height) {
    text_.clear();
    append_hex_reversed(text_, txid.span());
    text_ += ':';
    text_ += shown_height;
    text_ += ':';
    hasher.update(std::as_bytes(std::span(text_)));
    bytes_ += text_.size();
  }
  void add(hash::Sha256& hasher, const Txid& txid, std::uint32_t height) {
    height_.clear();
    append_number(height_, height);
    add(hasher, txid, height_);
  }
  /// Of all items so far.
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  std::string text_;
  std::string height_;
  std::size_t bytes_ = 0;
};

/// Does the view's chain have the block up to which a status was made?
Result<bool> continues(const ReadView& view, const StatusProgress& progress) {
  if (progress.tip_height > view.tip_height()) return false;
  auto header = view.header(progress.tip_height);
  if (!header) return std::move(header).error();
  return header.value() == progress.tip_header;
}

/// Adds what the view has confirmed since; all of it if there is nothing before.
Status add_confirmed(const ReadView& view, const ScriptHash& scripthash, bool is_begun, StatusProgress& progress) {
  const std::uint32_t tip = view.tip_height();
  if (is_begun && progress.tip_height == tip) return {};
  const TxNumber first = is_begun ? view.block_first_tx(progress.tip_height + 1) : 0;
  const auto history = view.history_from(scripthash, first);
  if (!history) return history.error();
  StatusText text;
  Status read = walk_with_txids(view, std::span(history.value()), [&](const HistoryItem& item, const Txid& txid) {
    text.add(progress.hasher, txid, item.height);
    return true;
  });
  if (!read) return read;
  progress.confirmed_items += history.value().size();
  progress.confirmed_bytes += text.bytes();
  auto header = view.header(tip);
  if (!header) return std::move(header).error();
  progress.tip_height = tip;
  progress.tip_header = header.value();
  progress.mempool_version.reset();
  return {};
}

void add_unconfirmed(const MempoolView* mempool, const ScriptHash& scripthash, StatusProgress& progress) {
  hash::Sha256 hasher = progress.hasher;
  StatusText text;
  progress.mempool_items = 0;
  progress.mempool_version.reset();
  if (mempool != nullptr) {
    progress.mempool_version = mempool->version();
    for (const MempoolHistoryItem& item : mempool->history(scripthash)) {
      text.add(hasher, item.txid, mempool_height(item));
      ++progress.mempool_items;
    }
  }
  progress.preimage_bytes = progress.confirmed_bytes + text.bytes();
  progress.hash = progress.preimage_bytes > 0 ? std::optional(hasher.finish()) : std::nullopt;
}

}  // namespace

Result<ScripthashStatus> scripthash_status(const ServerContext& context, const ScriptHash& scripthash) {
  StatusProgress progress;
  bool is_begun = false;
  if (context.statuses != nullptr) {
    if (const auto found = context.statuses->find(scripthash)) {
      const auto there = continues(*context.view, *found);
      if (!there) return there.error();
      is_begun = there.value();
      if (is_begun) progress = *found;
    }
  }
  if (Status status = add_confirmed(*context.view, scripthash, is_begun, progress); !status)
    return std::move(status).error();
  const bool is_known = context.mempool != nullptr && progress.mempool_version == context.mempool->version();
  if (!is_known) {
    add_unconfirmed(context.mempool, scripthash, progress);
    if (context.statuses != nullptr) context.statuses->put(scripthash, progress);
  }
  return ScripthashStatus{progress.hash, progress.confirmed_items, progress.mempool_items, progress.preimage_bytes};
}

void append_status(std::string& target, const std::optional<Digest>& hash) {
  if (hash) append_json_hex(target, hash->span());
  else target += "null";
}

}  // namespace sluice::serve

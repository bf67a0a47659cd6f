// A chain in memory for tests of serve: headers linked by hash, txids made from their place, and
// maps for whatever a test wants to be found.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/hex.h"
#include "chain/coin.h"
#include "hash/sha256.h"
#include "serve/read_view.h"

namespace sluice::serve::test {

class FakeView : public ReadView {
 public:
  /// tx_counts[h] transactions in block h; block 0 must have none.
  FakeView(chain::Coin coin, const std::vector<std::uint32_t>& tx_counts, std::uint32_t salt = 0) {
    BlockHash previous;
    for (std::uint32_t height = 0; height < tx_counts.size(); ++height) {
      chain::RawHeader header{};
      store_le<std::uint32_t>(header.data(), 1);
      std::memcpy(header.data() + 4, previous.data(), 32);
      store_le<std::uint32_t>(header.data() + 68, 1'600'000'000 + height);
      store_le<std::uint32_t>(header.data() + 76, salt);
      previous = chain::block_hash(coin, header);
      headers_.push_back(header);
      first_tx_.push_back(txids_.size());
      for (std::uint32_t i = 0; i < tx_counts[height]; ++i) {
        std::byte seed[12];
        store_le<std::uint32_t>(seed, height);
        store_le<std::uint32_t>(seed + 4, i);
        store_le<std::uint32_t>(seed + 8, salt);
        const Txid txid = hash_cast<Txid>(hash::sha256d(seed));
        places_[txid] = {txids_.size(), height, i};
        txids_.push_back(txid);
      }
    }
    first_tx_.push_back(txids_.size());
  }

  void replace_txid(TxNumber number, const Txid& txid) {
    const TxPlace place = places_.at(txids_[number]);
    places_.erase(txids_[number]);
    txids_[number] = txid;
    places_[txid] = place;
  }
  void replace_header(std::uint32_t height, const chain::RawHeader& header) { headers_[height] = header; }

  std::map<ScriptHash, std::vector<HistoryItem>> histories;
  std::map<ScriptHash, std::vector<UnspentItem>> unspents;
  std::set<std::pair<TxNumber, std::uint32_t>> coins;  ///< unspent beside those of `unspents`
  std::map<TxNumber, std::vector<std::byte>> raw;
  std::map<std::pair<TxNumber, std::uint32_t>, std::vector<RefItem>> refs;
  std::map<std::array<std::byte, 36>, RefPlaces> places_of_refs;
  bool broken = false;       ///< every read fails
  bool flat_broken = false;  ///< headers and txids cannot be read
  mutable std::uint64_t headers_read = 0;

  std::uint32_t tip_height() const override { return static_cast<std::uint32_t>(headers_.size() - 1); }
  Result<chain::RawHeader> header(std::uint32_t height) const override {
    if (broken || flat_broken) return Error{ErrorKind::io, "headers.dat: broken"};
    return headers_.at(height);
  }
  Result<std::vector<std::byte>> headers(std::uint32_t start, std::uint32_t count) const override {
    if (broken || flat_broken) return Error{ErrorKind::io, "headers.dat: broken"};
    headers_read += count;
    std::vector<std::byte> all;
    for (std::uint32_t i = 0; i < count; ++i)
      all.insert(all.end(), headers_.at(start + i).begin(), headers_.at(start + i).end());
    return all;
  }
  std::uint32_t block_tx_count(std::uint32_t height) const override {
    return static_cast<std::uint32_t>(first_tx_.at(height + 1) - first_tx_.at(height));
  }
  TxNumber block_first_tx(std::uint32_t height) const override { return first_tx_.at(height); }
  Result<std::vector<Txid>> block_txids(std::uint32_t height) const override {
    if (broken || flat_broken) return Error{ErrorKind::io, "txids.dat: broken"};
    return std::vector<Txid>(txids_.begin() + static_cast<std::ptrdiff_t>(first_tx_.at(height)),
                             txids_.begin() + static_cast<std::ptrdiff_t>(first_tx_.at(height + 1)));
  }
  Result<Txid> txid(TxNumber number) const override {
    if (broken || flat_broken) return Error{ErrorKind::io, "txids.dat: broken"};
    return txids_.at(number);
  }
  Result<std::optional<TxPlace>> find_tx(const Txid& txid) const override {
    if (broken) return Error{ErrorKind::io, "broken"};
    const auto found = places_.find(txid);
    return found == places_.end() ? std::optional<TxPlace>{} : std::optional(found->second);
  }
  TxPlace place_of(TxNumber number) const override { return places_.at(txids_.at(number)); }
  Result<std::vector<std::byte>> raw_tx(TxNumber number) const override {
    if (broken || !raw.contains(number)) return Error{ErrorKind::io, "blk00000.dat: cannot be read"};
    return raw.at(number);
  }
  Result<std::vector<HistoryItem>> history(const ScriptHash& script, std::size_t limit) const override {
    if (broken) return Error{ErrorKind::corrupt, "broken"};
    const auto found = histories.find(script);
    if (found == histories.end()) return std::vector<HistoryItem>{};
    const std::size_t count = std::min(found->second.size(), limit + 1);
    return std::vector<HistoryItem>(found->second.begin(), found->second.begin() + static_cast<std::ptrdiff_t>(count));
  }
  Result<std::vector<UnspentItem>> unspent(const ScriptHash& script) const override {
    if (broken) return Error{ErrorKind::corrupt, "broken"};
    const auto found = unspents.find(script);
    return found == unspents.end() ? std::vector<UnspentItem>{} : found->second;
  }
  Result<bool> is_unspent(TxNumber number, std::uint32_t index) const override {
    if (broken) return Error{ErrorKind::corrupt, "broken"};
    const auto is_it = [&](const UnspentItem& item) { return item.tx_number == number && item.output_index == index; };
    return coins.contains({number, index}) ||
           std::ranges::any_of(unspents, [&](const auto& of) { return std::ranges::any_of(of.second, is_it); });
  }
  Result<Balance> balance(const ScriptHash& script) const override {
    if (broken) return Error{ErrorKind::corrupt, "broken"};
    Balance sum;
    const auto found = unspents.find(script);
    if (found == unspents.end()) return sum;
    for (const auto& item : found->second) sum.value += item.value;
    sum.outputs = found->second.size();
    return sum;
  }
  Result<std::vector<RefItem>> refs_of(TxNumber number, std::uint32_t index) const override {
    if (broken) return Error{ErrorKind::corrupt, "broken"};
    const auto found = refs.find({number, index});
    return found == refs.end() ? std::vector<RefItem>{} : found->second;
  }
  Result<RefPlaces> ref_places(const std::array<std::byte, 36>& ref) const override {
    if (broken) return Error{ErrorKind::corrupt, "broken"};
    const auto found = places_of_refs.find(ref);
    return found == places_of_refs.end() ? RefPlaces{} : found->second;
  }

 private:
  std::vector<chain::RawHeader> headers_;
  std::vector<Txid> txids_;
  std::vector<TxNumber> first_tx_;
  std::map<Txid, TxPlace> places_;
};

}  // namespace sluice::serve::test

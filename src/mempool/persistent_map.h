// A map whose copy costs nothing and keeps what it held: the writer goes on, readers keep theirs.
//
// A trie over 64 bits of hash, five at a time: branches hold up to 32 children, leaves a handful of entries in no
// order. A copy shares the root. A change makes new the nodes on its way, unless this map is their sole owner: so the
// first change after a copy pays for the path, the next ones near it pay nothing.
//
//   root branch -> branch -> leaf [entry entry entry]
//        \------------------> leaf [entry]
//
// Hashes are bits of txids and script hashes, which cost work to steer; entries that agree in all 64 bits share one
// leaf, whatever its size.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "mempool/shared.h"

namespace sluice::mempool {

/// Entry: copyable, with key() -> Key. Hash: Key -> 64 bits.
template <typename Key, typename Entry, typename Hash>
class PersistentMap {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

  /// nullptr if there is none. Valid until the map is changed.
  [[nodiscard]] const Entry* find(const Key& key) const noexcept {
    const std::uint64_t hash = Hash{}(key);
    const Node* node = root_.get();
    for (unsigned shift = 0; node != nullptr; shift += bits) {
      if (node->is_leaf()) return node->find(key, hash);
      node = node->child_at(hash, shift);
    }
    return nullptr;
  }

  /// The entry of this key to be changed in place (never its key); made by `make()` if there is none.
  /// Valid until the map is copied or changed again.
  template <typename Make>
  Entry& edit_or_create(const Key& key, Make&& make) {
    return edit_at(root_, key, Hash{}(key), 0, make);
  }
  /// As above; nullptr if there is none.
  Entry* edit(const Key& key) {
    if (find(key) == nullptr) return nullptr;
    return &edit_or_create(key, [&]() -> Entry { check_failed("the entry is there", __FILE__, __LINE__); });
  }
  void put(Entry entry) {
    const Key key = entry.key();
    edit_or_create(key, [&] { return entry; }) = entry;
  }
  /// false if there was none.
  bool erase(const Key& key) {
    if (find(key) == nullptr) return false;
    erase_at(root_, key, Hash{}(key), 0);
    --size_;
    return true;
  }

  template <typename Visit>
  void for_each(Visit&& visit) const {
    if (root_) visit_all(*root_, visit);
  }

 private:
  static constexpr unsigned bits = 5;
  static constexpr unsigned hash_bits = 64;
  static constexpr std::size_t leaf_entries_max = 8;

  struct Node;
  using Link = Shared<Node>;

  struct Slot {
    std::uint64_t hash;
    Entry entry;
  };

  /// A branch if it has children, else a leaf.
  struct Node : Counted {
    std::uint32_t present = 0;   ///< branch: bit b set = a child for these five bits
    std::vector<Link> children;  ///< branch: one per bit set, in bit order
    std::vector<Slot> slots;     ///< leaf

    [[nodiscard]] bool is_leaf() const noexcept { return present == 0; }
    [[nodiscard]] static std::uint32_t bit_at(std::uint64_t hash, unsigned shift) noexcept {
      return std::uint32_t{1} << ((hash >> shift) & 31);
    }
    [[nodiscard]] std::size_t index_of(std::uint32_t bit) const noexcept {
      return static_cast<std::size_t>(std::popcount(present & (bit - 1)));
    }
    [[nodiscard]] const Node* child_at(std::uint64_t hash, unsigned shift) const noexcept {
      const std::uint32_t bit = bit_at(hash, shift);
      return (present & bit) == 0 ? nullptr : children[index_of(bit)].get();
    }
    [[nodiscard]] const Entry* find(const Key& key, std::uint64_t hash) const noexcept {
      for (const Slot& slot : slots) {
        if (slot.hash == hash && slot.entry.key() == key) return &slot.entry;
      }
      return nullptr;
    }
  };

  /// Makes the node behind the link this map's own.
  static Node& own(Link& link) {
    if (!link) link = Link(new Node);
    else if (!link.is_sole_owner()) link = Link(new Node(*link));
    return *link;
  }

  /// The link for these bits of a branch of our own; made if there is none.
  static Link& open_child(Node& branch, std::uint64_t hash, unsigned shift) {
    const std::uint32_t bit = Node::bit_at(hash, shift);
    const auto at = branch.children.begin() + static_cast<std::ptrdiff_t>(branch.index_of(bit));
    if ((branch.present & bit) != 0) return *at;
    branch.present |= bit;
    return *branch.children.insert(at, Link());
  }

  template <typename Make>
  Entry& edit_at(Link& link, const Key& key, std::uint64_t hash, unsigned shift, Make& make) {
    Node& node = own(link);
    if (!node.is_leaf()) return edit_at(open_child(node, hash, shift), key, hash, shift + bits, make);
    if (const Entry* found = node.find(key, hash)) return const_cast<Entry&>(*found);
    if (node.slots.size() < leaf_entries_max || shift >= hash_bits) {
      ++size_;
      node.slots.push_back({hash, make()});
      return node.slots.back().entry;
    }
    for (Slot& slot : node.slots) own(open_child(node, slot.hash, shift)).slots.push_back(std::move(slot));
    node.slots = {};
    return edit_at(open_child(node, hash, shift), key, hash, shift + bits, make);
  }

  /// Bounds: the key is there.
  static void erase_at(Link& link, const Key& key, std::uint64_t hash, unsigned shift) {
    Node& node = own(link);
    if (node.is_leaf()) {
      auto& slots = node.slots;
      const auto at =
          std::ranges::find_if(slots, [&](const Slot& slot) { return slot.hash == hash && slot.entry.key() == key; });
      if (&*at != &slots.back()) *at = std::move(slots.back());
      slots.pop_back();
      if (slots.empty()) link = Link();
      return;
    }
    const std::uint32_t bit = Node::bit_at(hash, shift);
    const auto at = node.children.begin() + static_cast<std::ptrdiff_t>(node.index_of(bit));
    erase_at(*at, key, hash, shift + bits);
    if (!*at) {
      node.present &= ~bit;
      node.children.erase(at);
    }
    if (node.children.empty()) {
      link = Link();
    } else if (node.children.size() == 1 && node.children.front()->is_leaf()) {
      Link only = std::move(node.children.front());
      link = std::move(only);
    }
  }

  template <typename Visit>
  static void visit_all(const Node& node, Visit& visit) {
    for (const Slot& slot : node.slots) visit(slot.entry);
    for (const Link& child : node.children) visit_all(*child, visit);
  }

  Link root_;
  std::size_t size_ = 0;
};

}  // namespace sluice::mempool

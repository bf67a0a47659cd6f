#include "support/disk_model.h"

#include <algorithm>
#include <functional>
#include <set>

namespace sluice::test {
namespace {

void apply_change(std::string& content, const FileChange& change) {
  if (!change.data.empty()) {
    if (content.size() < change.offset + change.data.size()) content.resize(change.offset + change.data.size());
    content.replace(change.offset, change.data.size(), change.data);
  }
  content.resize(change.size_after);
}

// A directory's earlier changes reach the disk before a later one does.
void settle(const std::shared_ptr<EntryChange>& change) {
  if (change->settled) return;
  DiskNode& directory = *change->directory;
  for (const auto& earlier : directory.pending) {
    if (earlier->settled) continue;
    earlier->settled = true;
    if (earlier->needs) settle(earlier->needs);
    if (earlier->target) directory.durable_entries[earlier->name] = earlier->target;
    else directory.durable_entries.erase(earlier->name);
    if (earlier == change) break;
  }
}

/// How a crash treats what was not synced; drawn once an image, so that extremes happen too.
struct Weather {
  double entry_kept;
  unsigned file_way_sides;  ///< 4: all ways of treating a file; 1: one and the same for all
  unsigned file_way;
};

class ImageBuilder {
 public:
  explicit ImageBuilder(std::uint64_t seed) : random_(seed) {
    constexpr double shares[] = {0.0, 0.1, 0.5, 0.9, 1.0};
    weather_.entry_kept = shares[random_.below(std::size(shares))];
    weather_.file_way_sides = random_.below(2) == 0 ? 1 : 4;
    weather_.file_way = static_cast<unsigned>(random_.below(4));
  }

  NodePtr copy(const NodePtr& node) {
    if (const auto known = copies_.find(node.get()); known != copies_.end()) return known->second;
    auto fresh = std::make_shared<DiskNode>();
    copies_[node.get()] = fresh;
    fresh->is_directory = node->is_directory;
    if (!node->is_directory) {
      fresh->content = crash_content(*node);
      fresh->durable = fresh->content;
      return fresh;
    }
    for (const auto& [name, child] : crash_entries(*node)) fresh->entries[name] = copy(child);
    fresh->durable_entries = fresh->entries;
    return fresh;
  }

 private:
  bool keep(EntryChange& change) {
    if (change.settled) return true;
    if (change.kept < 0) {
      change.kept = random_.chance(weather_.entry_kept) ? 1 : 0;
      if (change.needs && !keep(*change.needs)) change.kept = 0;
    }
    return change.kept == 1;
  }

  std::map<std::string, NodePtr> crash_entries(const DiskNode& directory) {
    std::map<std::string, NodePtr> entries = directory.durable_entries;
    for (const auto& change : directory.pending) {
      if (change->settled || !keep(*change)) continue;
      if (change->target) entries[change->name] = change->target;
      else entries.erase(change->name);
    }
    return entries;
  }

  std::string crash_content(const DiskNode& file) {
    if (file.unsynced.empty()) return file.durable;
    const auto way = weather_.file_way_sides == 1 ? weather_.file_way : static_cast<unsigned>(random_.below(4));
    if (way == 0) return file.durable;
    if (way == 1) return file.content;
    return way == 2 ? torn(file) : scattered(file);
  }

  // All changes up to a point in the middle of one, cut at a sector's edge.
  std::string torn(const DiskNode& file) {
    std::string content = file.durable;
    const std::size_t last = random_.below(file.unsynced.size());
    for (std::size_t i = 0; i < last; ++i) apply_change(content, file.unsynced[i]);
    FileChange half = file.unsynced[last];
    const std::uint64_t end = half.offset + half.data.size();
    const std::uint64_t first_edge = half.offset / sector_bytes + 1;
    const std::uint64_t edges = end / sector_bytes + 1 > first_edge ? end / sector_bytes + 1 - first_edge : 0;
    if (edges == 0) return content;
    const std::uint64_t cut = (first_edge + random_.below(edges)) * sector_bytes;
    half.data.resize(cut - half.offset);
    half.size_after = std::max<std::uint64_t>(cut, content.size());
    apply_change(content, half);
    return content;
  }

  // Each sector in any of its versions, the size any of those it had.
  std::string scattered(const DiskNode& file) {
    std::string now = file.durable;
    std::vector<std::uint64_t> sizes{now.size()};
    std::map<std::uint64_t, std::vector<std::string>> versions;
    const auto sector_of = [&](std::uint64_t sector) {
      std::string bytes =
          sector * sector_bytes < now.size() ? now.substr(sector * sector_bytes, sector_bytes) : std::string();
      bytes.resize(sector_bytes);
      return bytes;
    };
    for (const FileChange& change : file.unsynced) {
      const std::uint64_t first = change.offset / sector_bytes;
      const std::uint64_t until =
          change.data.empty() ? first : (change.offset + change.data.size() - 1) / sector_bytes + 1;
      for (std::uint64_t sector = first; sector < until; ++sector) {
        auto& list = versions[sector];
        if (list.empty()) list.push_back(sector_of(sector));
      }
      apply_change(now, change);
      sizes.push_back(now.size());
      for (std::uint64_t sector = first; sector < until; ++sector) versions[sector].push_back(sector_of(sector));
    }
    std::string content = file.durable;
    for (const auto& [sector, list] : versions) {
      const std::uint64_t begin = sector * sector_bytes;
      if (content.size() < begin + sector_bytes) content.resize(begin + sector_bytes);
      content.replace(begin, sector_bytes, list[random_.below(list.size())]);
    }
    content.resize(sizes[random_.below(sizes.size())]);
    return content;
  }

  Random random_;
  Weather weather_{};
  std::map<const DiskNode*, NodePtr> copies_;
};

void forget_draws(DiskNode& directory) {
  for (const auto& change : directory.pending) change->kept = -1;
  for (const auto& [name, child] : directory.entries) {
    if (child->is_directory) forget_draws(*child);
  }
}

NodePtr copy_now(const NodePtr& node, std::map<const DiskNode*, NodePtr>& copies) {
  if (const auto known = copies.find(node.get()); known != copies.end()) return known->second;
  auto fresh = std::make_shared<DiskNode>();
  copies[node.get()] = fresh;
  fresh->is_directory = node->is_directory;
  fresh->content = node->content;
  fresh->durable = node->content;
  for (const auto& [name, child] : node->entries) fresh->entries[name] = copy_now(child, copies);
  fresh->durable_entries = fresh->entries;
  return fresh;
}

}  // namespace

std::uint64_t count_links(const DiskNode& directory, const DiskNode* file) {
  std::uint64_t count = 0;
  for (const auto& [name, child] : directory.entries) {
    count += child.get() == file ? 1 : 0;
    if (child->is_directory) count += count_links(*child, file);
  }
  return count;
}

DiskModel::DiskModel() : root_(std::make_shared<DiskNode>()) { root_->is_directory = true; }

NodePtr DiskModel::find(std::string_view path) const {
  NodePtr node = root_;
  while (node && !path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
    if (name.empty() || name == ".") continue;
    const auto entry = node->entries.find(std::string(name));
    node = entry == node->entries.end() ? nullptr : entry->second;
  }
  return node;
}

DiskModel::Place DiskModel::place_of(std::string_view path) const {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  const std::string_view parent = slash == path.npos ? std::string_view() : path.substr(0, slash);
  NodePtr directory = find(parent);
  if (directory && !directory->is_directory) directory = nullptr;
  return {std::move(directory), std::string(path.substr(slash == path.npos ? 0 : slash + 1))};
}

std::shared_ptr<EntryChange> DiskModel::change_entry(const Place& place, NodePtr target,
                                                     std::shared_ptr<EntryChange> needs) {
  if (target) place.directory->entries[place.name] = target;
  else place.directory->entries.erase(place.name);
  auto change = std::make_shared<EntryChange>();
  change->directory = place.directory.get();
  change->name = place.name;
  change->target = std::move(target);
  change->needs = std::move(needs);
  place.directory->pending.push_back(change);
  return change;
}

NodePtr DiskModel::create(std::string_view path, bool directory) {
  const Place place = place_of(path);
  if (!place.directory) return nullptr;
  auto node = std::make_shared<DiskNode>();
  node->is_directory = directory;
  (void)change_entry(place, node, nullptr);
  return node;
}

bool DiskModel::remove(std::string_view path) {
  const Place place = place_of(path);
  if (!place.directory || place.directory->entries.count(place.name) == 0) return false;
  (void)change_entry(place, nullptr, nullptr);
  return true;
}

bool DiskModel::rename(std::string_view source, std::string_view target) {
  const Place from = place_of(source);
  const Place to = place_of(target);
  const NodePtr node = find(source);
  if (!from.directory || !to.directory || !node) return false;
  auto added = change_entry(to, node, nullptr);
  (void)change_entry(from, nullptr, std::move(added));
  return true;
}

bool DiskModel::link(std::string_view source, std::string_view target) {
  const Place to = place_of(target);
  const NodePtr node = find(source);
  if (!to.directory || !node || to.directory->entries.count(to.name) > 0) return false;
  (void)change_entry(to, node, nullptr);
  return true;
}

void DiskModel::write(DiskNode& file, std::uint64_t offset, std::string_view data) {
  if (data.empty()) return;
  FileChange change{offset, std::string(data), std::max<std::uint64_t>(file.content.size(), offset + data.size())};
  apply_change(file.content, change);
  file.unsynced.push_back(std::move(change));
}

void DiskModel::truncate(DiskNode& file, std::uint64_t size) {
  FileChange change{size, {}, size};
  apply_change(file.content, change);
  file.unsynced.push_back(std::move(change));
}

void DiskModel::sync_file(DiskNode& file) {
  for (const FileChange& change : file.unsynced) apply_change(file.durable, change);
  file.unsynced.clear();
}

void DiskModel::sync_directory(DiskNode& directory) {
  if (!directory.pending.empty()) settle(directory.pending.back());
  std::erase_if(directory.pending, [](const auto& change) { return change->settled; });
}

DiskModel DiskModel::crash_image(std::uint64_t seed) const {
  forget_draws(*root_);
  DiskModel image;
  image.root_ = ImageBuilder(seed).copy(root_);
  return image;
}

DiskModel DiskModel::settled_copy() const {
  DiskModel image;
  std::map<const DiskNode*, NodePtr> copies;
  image.root_ = copy_now(root_, copies);
  return image;
}

}  // namespace sluice::test

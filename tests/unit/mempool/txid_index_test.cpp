// The index against std::set, with txids that crowd into few slots.
#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "mempool/txid_index.h"

namespace sluice::mempool {
namespace {

Txid crowded(std::uint64_t number) {
  Txid txid;
  txid.bytes[0] =
      static_cast<std::byte>(number % 7 == 0 ? 255 : number % 5);  // the last slot's neighbours are the first
  store_le(txid.data() + 8, number);
  return txid;
}

TEST(TxidIndex, ComparesAsASetDoes) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    Random random(seed);
    TxidIndex index;
    std::set<Txid> model;
    for (int step = 0; step < 400; ++step) {
      const Txid txid = crowded(random.below(150));
      if (model.insert(txid).second) {
        index.insert(txid);
      } else if (random.chance(0.6)) {
        index.erase(txid);
        model.erase(txid);
      }
      ASSERT_EQ(index.size(), model.size());
      if (step % 10 != 0) continue;
      std::set<Txid> listed;
      while (random.chance(0.98)) listed.insert(crowded(random.below(200)));
      std::vector<Txid> list(listed.begin(), listed.end());
      list.insert(list.end(), listed.begin(), listed.end());  // twice does no harm
      std::set<Txid> unknown;
      std::set<Txid> unlisted;
      index.compare(
          list, [&](const Txid& id) { unknown.insert(id); }, [&](const Txid& id) { unlisted.insert(id); });
      for (const Txid& id : listed) ASSERT_EQ(unknown.contains(id), !model.contains(id));
      for (const Txid& id : model) ASSERT_EQ(unlisted.contains(id), !listed.contains(id));
      ASSERT_EQ(unlisted.size() + listed.size() - unknown.size(), model.size());
    }
  }
}

}  // namespace
}  // namespace sluice::mempool

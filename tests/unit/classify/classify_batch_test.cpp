// Shown: whole batches. Every kind is recognised; the batch form gives the hashes of the
// single-script form on random scripts of all coins; refs are distinct, in order and typed, also
// thousands in one script and in linear-looking time; no allocation after warm-up.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <chrono>

#include "allocation_count.h"
#include "base/random.h"
#include "classify/classify_scripts.h"
#include "classify/scripthash.h"
#include "classify/templates.h"
#include "classify/token_prefix.h"
#include "example_scripts.h"
#include "fixture_files.h"
#include "parse/parse_blocks.h"
#include "tx_builder.h"

namespace sluice::classify {
namespace {

using chain::Coin;
using test::Buffer;
using test::bytes_from_hex;
using test::pay;
using test::ref_a;
using test::ref_b;

/// One block whose coinbase has the given output scripts, classified.
class Classified {
 public:
  Classified(const std::vector<Buffer>& scripts, const ClassifyOptions& options) {
    test::Tx tx = test::coinbase();
    tx.outputs.clear();
    for (const Buffer& script : scripts) tx.outputs.push_back({1, script});
    builder.add(test::block_of({test::serialize(tx)}));
    parse::ParseScratch parse_scratch;
    parse::ParseFault fault;
    parse::ParseCounters parse_counters;
    SLUICE_CHECK(parse::parse_blocks(builder.batch(), options.coin, batch, parse_scratch, fault, parse_counters) ==
                 parse::ParseErrc::ok);
    ClassifyScratch scratch;
    classify_scripts(builder.batch(), batch, options, scripts_found, scratch, counters);
  }
  [[nodiscard]] ScriptKind kind(std::size_t output) const { return scripts_found.kind[output]; }
  [[nodiscard]] std::string ref(std::size_t index) const {
    return to_hex(builder.batch().raw.subspan(scripts_found.refs[index].ref_offset, 36));
  }

  test::BatchBuilder builder;
  parse::TxBatch batch;
  ScriptBatch scripts_found;
  ClassifyCounters counters;
};

ScriptKind kind_of(const std::string& hex, Coin coin) { return Classified({bytes_from_hex(hex)}, {coin}).kind(0); }

TEST(ClassifyBatch, kinds) {
  const std::string key_33 = "02" + std::string(64, '7');
  const std::string key_65 = "04" + std::string(128, '7');
  for (const Coin coin : {Coin::radiant, Coin::bitcoin, Coin::bitcoin_cash}) {
    EXPECT_EQ(kind_of(pay, coin), ScriptKind::p2pkh);
    EXPECT_EQ(kind_of("a914" + std::string(40, '1') + "87", coin), ScriptKind::p2sh);
    EXPECT_EQ(kind_of("21" + key_33 + "ac", coin), ScriptKind::p2pk);
    EXPECT_EQ(kind_of("41" + key_65 + "ac", coin), ScriptKind::p2pk);
    EXPECT_EQ(kind_of("", coin), ScriptKind::empty);
    EXPECT_EQ(kind_of("6a01aa", coin), ScriptKind::op_return);
    EXPECT_EQ(kind_of("006a01aa", coin), ScriptKind::op_return);
    EXPECT_EQ(kind_of("51", coin), ScriptKind::other);
    EXPECT_EQ(kind_of("76a9144f9ab47a237441c0dc61dcd39fd92709f281b03388ad", coin), ScriptKind::other);
    EXPECT_EQ(kind_of("77a9144f9ab47a237441c0dc61dcd39fd92709f281b03388ac", coin), ScriptKind::other);
    EXPECT_EQ(kind_of("a914" + std::string(40, '1') + "88", coin), ScriptKind::other);
  }
  const std::string witness_v0 = "0014" + std::string(40, '1');
  EXPECT_EQ(kind_of(witness_v0, Coin::bitcoin), ScriptKind::witness);
  EXPECT_EQ(kind_of("5120" + std::string(64, '1'), Coin::bitcoin), ScriptKind::witness);
  EXPECT_EQ(kind_of("60020101", Coin::bitcoin), ScriptKind::witness);
  EXPECT_EQ(kind_of("600101", Coin::bitcoin), ScriptKind::other);
  EXPECT_EQ(kind_of("5129" + std::string(82, '1'), Coin::bitcoin), ScriptKind::other);
  EXPECT_EQ(kind_of("5015" + std::string(42, '1'), Coin::bitcoin), ScriptKind::other);
  EXPECT_EQ(kind_of(witness_v0, Coin::radiant), ScriptKind::other);
  EXPECT_EQ(kind_of("d8" + ref_a + "75" + pay, Coin::radiant), ScriptKind::with_refs);
  EXPECT_EQ(kind_of("d1" + ref_a + "75" + pay, Coin::radiant), ScriptKind::other);
  EXPECT_EQ(kind_of("d8" + ref_a + "75" + pay, Coin::bitcoin), ScriptKind::other);
  EXPECT_EQ(kind_of("4c05aa", Coin::radiant), ScriptKind::unwalkable);
  EXPECT_EQ(kind_of("d0" + ref_a + "d8" + ref_b.substr(2), Coin::radiant), ScriptKind::unwalkable);
  EXPECT_EQ(kind_of("4c05aa", Coin::bitcoin_cash), ScriptKind::other);
}

TEST(ClassifyBatch, swap_offers_are_found_and_refusals_counted) {
  const std::string offer =
      "6a04525357500101010020a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a10120c3c3c3c3c3c3c3c3c3c3c3c3"
      "c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c303010002aabb01dd";
  const std::vector<Buffer> scripts{bytes_from_hex("6a026869"),     bytes_from_hex(offer),
                                    bytes_from_hex("6a0452535750"), bytes_from_hex("006a" + offer.substr(2)),
                                    bytes_from_hex(offer),          bytes_from_hex("6a045253575001")};
  const Classified found(scripts, {Coin::radiant});
  ASSERT_EQ(found.scripts_found.offers.size(), 2U);
  EXPECT_EQ(found.scripts_found.offers[0].output, 1U);
  EXPECT_EQ(found.scripts_found.offers[1].output, 4U);
  EXPECT_EQ(found.scripts_found.offers[1].token_offset, found.batch.script_begin[4] + 11);
  EXPECT_EQ(found.kind(1), ScriptKind::rswp);
  EXPECT_EQ(found.kind(2), ScriptKind::op_return);
  EXPECT_EQ(found.counters.offers, 2U);
  EXPECT_EQ(found.counters.outputs, 6U);
  EXPECT_EQ(found.counters.outputs_indexed, 0U);
  EXPECT_EQ(found.counters.refused[static_cast<int>(SwapRefusal::bad_version)], 1U);
  EXPECT_EQ(found.counters.refused[static_cast<int>(SwapRefusal::truncated)], 1U);
  const Classified bitcoin(scripts, {Coin::bitcoin});
  EXPECT_EQ(bitcoin.scripts_found.offers.size(), 0U);
  EXPECT_EQ(bitcoin.kind(1), ScriptKind::op_return);
}

TEST(ClassifyBatch, refs_are_distinct_in_order_and_typed) {
  const Classified found(
      {bytes_from_hex(pay),
       bytes_from_hex("d8" + ref_b + "d0" + ref_a + "d8" + ref_a + "d8" + ref_b + "d1" + std::string(72, '5') + "51"),
       bytes_from_hex("d8" + ref_a + "d0" + ref_a + "51"), bytes_from_hex("6ad0" + ref_a),
       bytes_from_hex("25d0" + ref_a)},
      {Coin::radiant});
  ASSERT_EQ(found.scripts_found.refs.size(), 3U);
  const auto& refs = found.scripts_found.refs;
  EXPECT_EQ(refs[0].output, 1U);
  EXPECT_EQ(found.ref(0), ref_b);
  EXPECT_EQ(refs[0].type, RefType::singleton);
  EXPECT_EQ(refs[0].ref_offset, found.batch.script_begin[1] + 1);
  EXPECT_EQ(refs[1].output, 1U);
  EXPECT_EQ(found.ref(1), ref_a);
  EXPECT_EQ(refs[1].type, RefType::normal);
  EXPECT_EQ(refs[2].output, 2U);
  EXPECT_EQ(refs[2].type, RefType::normal);
  EXPECT_EQ(found.counters.refs, 3U);
  EXPECT_EQ(found.scripts_found.indexed[3], 0);  // OP_RETURN: not indexed, so no refs
}

TEST(ClassifyBatch, token_shapes_are_what_the_walk_says) {
  // Each byte of both token scripts changed in turn: whatever the shortcut takes, the walk agrees.
  const std::string ft = pay + "bdd0" + ref_a + "dec0e9aa76e378e4a269e69d";
  for (const std::string& token :
       {"d8" + ref_a + "75" + pay, ft, "d0" + ref_a + "75" + pay, "d8" + ref_b + "75" + ft}) {
    std::vector<Buffer> scripts{bytes_from_hex(token)};
    for (std::size_t at = 0; at < scripts[0].size(); ++at) {
      for (const int value : {0x00, 0x4c, 0xac, 0xd0, 0xd8}) {
        scripts.push_back(scripts[0]);
        scripts.back()[at] = static_cast<std::byte>(value);
      }
    }
    for (const bool parity : {false, true}) {
      ClassifyOptions options;
      options.parity = parity;
      const Classified found(scripts, options);
      std::size_t ref_at = 0;
      for (std::size_t i = 0; i < scripts.size(); ++i) {
        ASSERT_EQ(found.scripts_found.indexed[i] != 0, is_indexed(scripts[i], Coin::radiant));
        if (found.scripts_found.indexed[i] == 0) continue;
        ASSERT_EQ(found.scripts_found.scripthash[i], script_hash(scripts[i], Coin::radiant, parity))
            << to_hex(scripts[i]);
        Column<RefOperand> pushed;
        const ScriptFacts facts = scan_script(scripts[i], &pushed);
        ASSERT_EQ(found.kind(i) == ScriptKind::with_refs, facts.has_pushed_ref) << to_hex(scripts[i]);
        for (const RefOperand operand : pushed) {
          ASSERT_EQ(found.scripts_found.refs[ref_at].output, i);
          ASSERT_EQ(found.scripts_found.refs[ref_at].ref_offset, found.batch.script_begin[i] + operand.offset);
          ASSERT_EQ(found.scripts_found.refs[ref_at].type == RefType::normal, operand.opcode == 0xd0);
          ++ref_at;
        }
      }
      EXPECT_EQ(ref_at, found.scripts_found.refs.size());
    }
  }
}

TEST(ClassifyBatch, many_refs_agree_with_few) {
  // The same refs once in a script of their own (compared pairwise) and among many (sorted).
  Random random(5);
  std::vector<Buffer> scripts;
  std::vector<std::vector<std::pair<std::string, bool>>> expected;
  for (int script = 0; script < 60; ++script) {
    Buffer bytes;
    std::vector<std::pair<std::string, bool>> refs;  // hex, pushed by d0
    const int pushes = script;
    for (int i = 0; i < pushes; ++i) {
      const bool normal = random.chance(0.3);
      Buffer ref(36, static_cast<std::byte>(random.below(25)));
      bytes.push_back(normal ? std::byte{0xd0} : std::byte{0xd8});
      test::append(bytes, ref);
      const std::string hex = to_hex(ref);
      const auto known = std::find_if(refs.begin(), refs.end(), [&](const auto& entry) { return entry.first == hex; });
      if (known == refs.end()) refs.emplace_back(hex, normal);
      else known->second |= normal;
    }
    scripts.push_back(bytes);
    expected.push_back(refs);
  }
  const Classified found(scripts, {Coin::radiant});
  std::size_t at = 0;
  for (std::size_t output = 0; output < scripts.size(); ++output) {
    for (const auto& [hex, normal] : expected[output]) {
      ASSERT_LT(at, found.scripts_found.refs.size());
      EXPECT_EQ(found.scripts_found.refs[at].output, output);
      EXPECT_EQ(found.ref(at), hex);
      EXPECT_EQ(found.scripts_found.refs[at].type == RefType::normal, normal);
      ++at;
    }
  }
  EXPECT_EQ(at, found.scripts_found.refs.size());
}

TEST(ClassifyBatch, a_32_megabyte_script_of_refs) {
  constexpr std::size_t pushes = 32'000'000 / 37;
  Buffer script(pushes * 37, std::byte{0});
  Buffer zeroed(pushes * 37, std::byte{0});
  for (std::size_t i = 0; i < pushes; ++i) {
    script[i * 37] = zeroed[i * 37] = std::byte{0xd8};
    store_le(script.data() + i * 37 + 1, static_cast<std::uint32_t>(i % (pushes / 2)));  // each twice
  }
  script.push_back(std::byte{0xac});
  zeroed.push_back(std::byte{0xac});
  const auto begin = std::chrono::steady_clock::now();
  const Classified found({script}, {Coin::radiant});
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_EQ(found.scripts_found.refs.size(), pushes / 2);
  EXPECT_EQ(hash_cast<Digest>(found.scripts_found.scripthash[0]), hash::sha256(zeroed));
  EXPECT_LT(seconds, 20.0);  // about one second; comparing pairwise would take minutes
}

TEST(ClassifyBatch, token_prefixes_are_stripped) {
  const std::string prefix = "ef" + std::string(64, 'c') + "1001";
  const std::vector<Buffer> scripts{bytes_from_hex(prefix + pay), bytes_from_hex(prefix), bytes_from_hex(prefix + "6a"),
                                    bytes_from_hex("ef" + pay)};
  const Classified found(scripts, {Coin::bitcoin_cash});
  EXPECT_EQ(found.kind(0), ScriptKind::p2pkh);
  EXPECT_EQ(found.scripts_found.scripthash[0], script_hash(bytes_from_hex(pay), Coin::bitcoin, false));
  EXPECT_EQ(found.kind(1), ScriptKind::empty);
  EXPECT_EQ(found.kind(2), ScriptKind::op_return);
  EXPECT_EQ(found.kind(3), ScriptKind::other);
}

Buffer arbitrary_script() {
  static const std::vector<std::string> parts{pay,
                                              "d0" + ref_a,
                                              "d8" + ref_b,
                                              "d1" + ref_a,
                                              "d2" + ref_b,
                                              "d3" + ref_a,
                                              "4c02aabb",
                                              "4d0100cc",
                                              "4e01000000dd",
                                              "ac",
                                              "ae",
                                              "51",
                                              "00",
                                              "6a",
                                              "bd",
                                              "14" + std::string(40, '9'),
                                              "ef" + std::string(64, 'c') + "1001",
                                              "4c",
                                              "05aa",
                                              "a9",
                                              "88",
                                              "d8"};
  Buffer script;
  for (const int part : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, static_cast<int>(parts.size()))))
    test::append(script, bytes_from_hex(parts[static_cast<std::size_t>(part)]));
  if (*rc::gen::weightedElement<bool>({{9, false}, {1, true}}))
    script.insert(script.begin(), 40'000, std::byte{0x61});  // beyond what is copied
  return script;
}

TEST(ClassifyBatch, agrees_with_one_script_at_a_time) {
  EXPECT_TRUE(rc::check([] {
    std::vector<Buffer> scripts(*rc::gen::inRange<std::size_t>(1, 30));
    for (Buffer& script : scripts) script = arbitrary_script();
    for (const Coin coin : {Coin::radiant, Coin::bitcoin, Coin::bitcoin_cash}) {
      for (const bool parity : {false, true}) {
        ClassifyOptions options;
        options.coin = coin;
        options.parity = parity;
        const Classified found(scripts, options);
        for (std::size_t i = 0; i < scripts.size(); ++i) {
          RC_ASSERT((found.scripts_found.indexed[i] != 0) == is_indexed(scripts[i], coin));
          if (found.scripts_found.indexed[i] != 0) {
            RC_ASSERT(found.scripts_found.scripthash[i] == script_hash(scripts[i], coin, parity));
          }
        }
      }
    }
  }));
}

/// Hash of the rewritten form built byte by byte, with no piece logic.
TEST(ClassifyBatch, rewritten_form_agrees_with_a_naive_one) {
  EXPECT_TRUE(rc::check([] {
    const Buffer script = arbitrary_script();
    for (const bool parity : {false, true}) {
      Buffer naive;
      std::size_t at = 0;
      ScriptOp op;
      bool checked = false;
      WalkStep step;
      while ((step = next_op(script, OpSet::radiant, at, op)) == WalkStep::operation) {
        naive.push_back(static_cast<std::byte>(op.opcode));
        const bool drop_length = parity && op.opcode >= 0x4c && op.opcode <= 0x4e;
        for (std::size_t i = op.begin + 1; i < op.data_begin && !drop_length; ++i) naive.push_back(script[i]);
        const bool is_ref = (op.opcode >= 0xd0 && op.opcode <= 0xd3) || op.opcode == 0xd8;
        for (std::size_t i = op.data_begin; i < op.end(); ++i) naive.push_back(is_ref ? std::byte{0} : script[i]);
        checked |= op.opcode >= 0xac && op.opcode <= 0xaf;
      }
      const Digest expected = hash::sha256(checked && step == WalkStep::end ? naive : script);
      RC_ASSERT(hash_cast<Digest>(script_hash(script, Coin::radiant, parity)) == expected);
    }
  }));
}

TEST(ClassifyBatch, recorded_blocks) {
  for (const auto& [file, coin] :
       {std::pair{"btc-413567.raw", Coin::bitcoin}, std::pair{"bch-833705.raw", Coin::bitcoin_cash}}) {
    const Buffer block = test::read_fixture(file);
    ASSERT_FALSE(block.empty());
    test::BatchBuilder builder;
    builder.add(block);
    parse::TxBatch batch;
    parse::ParseScratch parse_scratch;
    parse::ParseFault fault;
    parse::ParseCounters parse_counters;
    ASSERT_EQ(parse::parse_blocks(builder.batch(), coin, batch, parse_scratch, fault, parse_counters),
              parse::ParseErrc::ok);
    ScriptBatch found;
    ClassifyScratch scratch;
    ClassifyCounters counters;
    ClassifyOptions options;
    options.coin = coin;
    classify_scripts(builder.batch(), batch, options, found, scratch, counters);
    std::size_t p2pkh = 0;
    for (std::size_t i = 0; i < batch.output_count(); ++i) {
      const Bytes script = builder.batch().raw.subspan(batch.script_begin[i], batch.script_size[i]);
      ASSERT_EQ(found.indexed[i] != 0, is_indexed(script, coin));
      if (found.indexed[i] != 0) {
        ASSERT_EQ(found.scripthash[i], script_hash(script, coin, false));
      }
      p2pkh += found.kind[i] == ScriptKind::p2pkh ? 1 : 0;
    }
    EXPECT_GT(p2pkh, batch.output_count() / 2);
    EXPECT_EQ(counters.outputs, batch.output_count());
    const std::uint64_t before = test::allocation_count();
    for (int i = 0; i < 3; ++i) classify_scripts(builder.batch(), batch, options, found, scratch, counters);
    EXPECT_EQ(test::allocation_count(), before);
  }
}

TEST(ClassifyBatch, reserved_columns_hold_the_densest_blocks) {
  const std::string id(64, '5');
  const Buffer offer = bytes_from_hex("6a04525357500101010020" + id + "20" + id + "000000");
  Buffer refs;
  for (int i = 0; i < 5000; ++i) {
    refs.push_back(std::byte{0xd0});
    for (int byte = 0; byte < 36; ++byte) refs.push_back(static_cast<std::byte>(i >> byte % 8));
  }
  for (const std::vector<Buffer>& scripts :
       {std::vector<Buffer>(20'000), std::vector<Buffer>(3000, offer), std::vector<Buffer>{refs}}) {
    const Classified once(scripts, {});
    const source::RawBatch source = once.builder.batch();
    const parse::BatchBounds bounds{.raw_bytes = source.raw.size(), .blocks = 1};
    ScriptBatch found;
    ClassifyScratch scratch;
    ClassifyCounters counters;
    found.reserve(bounds);
    scratch.reserve(bounds);
    const std::uint64_t before = test::allocation_count();
    classify_scripts(source, once.batch, {}, found, scratch, counters);
    EXPECT_EQ(test::allocation_count(), before);
    EXPECT_EQ(found.kind.size(), scripts.size());
    if (scripts[0] == offer) {
      EXPECT_EQ(found.offers.size(), scripts.size());
    }
    if (scripts[0] == refs) {
      EXPECT_EQ(found.refs.size(), 5000U);
    }
  }
}

TEST(ClassifyCounters, AddSumsEveryOne) {
  ClassifyCounters total{
      .outputs = 1, .outputs_indexed = 2, .refs = 3, .offers = 4, .refused = {5, 6, 7, 8, 9, 10, 11}};
  const ClassifyCounters twice = total;
  total.add(twice);
  EXPECT_EQ(total.outputs, 2u);
  EXPECT_EQ(total.outputs_indexed, 4u);
  EXPECT_EQ(total.refs, 6u);
  EXPECT_EQ(total.offers, 8u);
  for (std::size_t i = 0; i < swap_refusal_names.size(); ++i)
    EXPECT_EQ(total.refused[i], 2 * (5 + i)) << swap_refusal_names[i];
}

}  // namespace
}  // namespace sluice::classify

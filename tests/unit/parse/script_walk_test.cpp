// Shown: the walk over operations, by hand-made scripts and, for any bytes, by its laws: it ends,
// never reads outside, and its operations tile the script.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "parse/script_walk.h"
#include "tx_builder.h"

namespace sluice::parse {
namespace {

using test::Buffer;
using test::bytes_from_hex;

struct Walked {
  std::vector<ScriptOp> ops;
  WalkStep last = WalkStep::end;
  std::size_t at = 0;
  ScriptOp op;
};

Walked walk(Bytes script, OpSet set) {
  Walked walked;
  while ((walked.last = next_op(script, set, walked.at, walked.op)) == WalkStep::operation)
    walked.ops.push_back(walked.op);
  return walked;
}

TEST(ScriptWalk, all_push_forms) {
  const Buffer script = bytes_from_hex("0002aabb4c01cc4d0200ddee4e01000000ff76");
  const Walked walked = walk(script, OpSet::plain);
  ASSERT_EQ(walked.ops.size(), 6U);
  EXPECT_EQ(walked.last, WalkStep::end);
  const std::size_t sizes[] = {0, 2, 1, 2, 1, 0};
  const std::uint8_t opcodes[] = {0, 2, 0x4c, 0x4d, 0x4e, 0x76};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(walked.ops[i].data_size, sizes[i]);
    EXPECT_EQ(walked.ops[i].opcode, opcodes[i]);
    EXPECT_EQ(walked.ops[i].is_push(), i != 5);
  }
  EXPECT_EQ(walked.ops[3].data(script)[0], std::byte{0xdd});
}

TEST(ScriptWalk, truncated_forms) {
  for (const std::string_view hex :
       {"01", "4baa", "4c", "4c01", "4d", "4d00", "4d0100", "4e", "4e000000", "4e01000000", "4effffffff"}) {
    const Walked walked = walk(bytes_from_hex(hex), OpSet::plain);
    EXPECT_EQ(walked.last, WalkStep::truncated) << hex;
    EXPECT_TRUE(walked.ops.empty());
    EXPECT_EQ(walked.at, 0U);
    EXPECT_EQ(walked.op.begin, 0U);
  }
}

TEST(ScriptWalk, ref_operands_exist_on_radiant_only) {
  for (const int opcode : {0xd0, 0xd1, 0xd2, 0xd3, 0xd8}) {
    Buffer script(37, std::byte{0x01});
    script[0] = static_cast<std::byte>(opcode);
    const Walked radiant = walk(script, OpSet::radiant);
    ASSERT_EQ(radiant.ops.size(), 1U);
    EXPECT_EQ(radiant.ops[0].data_size, 36U);
    EXPECT_EQ(walk(script, OpSet::plain).ops.size(), 1U + 18U);
    script.pop_back();
    EXPECT_EQ(walk(script, OpSet::radiant).last, WalkStep::truncated);
  }
  for (const int opcode : {0xcf, 0xd4, 0xd5, 0xd6, 0xd7, 0xd9}) {
    const Buffer script{static_cast<std::byte>(opcode)};
    EXPECT_EQ(walk(script, OpSet::radiant).last, WalkStep::end) << opcode;
  }
}

TEST(ScriptWalk, operations_tile_any_bytes) {
  EXPECT_TRUE(rc::check([] {
    const auto numbers = *rc::gen::container<std::vector<int>>(
        rc::gen::oneOf(rc::gen::inRange(0, 256), rc::gen::element(0, 1, 0x4c, 0x4d, 0x4e, 0xd0, 0xd8)));
    Buffer script;
    for (const int number : numbers) script.push_back(static_cast<std::byte>(number));
    for (const OpSet set : {OpSet::plain, OpSet::radiant}) {
      const Walked walked = walk(script, set);
      std::size_t at = 0;
      for (const ScriptOp& op : walked.ops) {
        RC_ASSERT(op.begin == at);
        RC_ASSERT(op.data_begin > op.begin);
        at = op.end();
      }
      RC_ASSERT(at == walked.at);
      RC_ASSERT((walked.last == WalkStep::end) == (at == script.size()));
    }
  }));
}

}  // namespace
}  // namespace sluice::parse

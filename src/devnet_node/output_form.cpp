#include "devnet_node/output_form.h"

#include <algorithm>

#include "classify/scripthash.h"
#include "classify/token_prefix.h"

namespace sluice::devnet_node {
namespace {

using devnet::Ref;
using devnet::ScriptForm;

/// Bytes of a script with what may be any byte left out: "76 a9 14 <20> 88 ac" as {head, length, tail}.
struct Template {
  ScriptForm form;
  std::vector<int> head;
  std::size_t length;  ///< of the whole script
  std::vector<int> tail;
};

bool matches(Bytes script, const Template& wanted) {
  if (script.size() != wanted.length) return false;
  const auto same = [](std::byte byte, int value) { return byte == static_cast<std::byte>(value); };
  return std::equal(wanted.head.begin(), wanted.head.end(), script.begin(),
                    [&](int value, std::byte byte) { return same(byte, value); }) &&
         std::equal(wanted.tail.rbegin(), wanted.tail.rend(), script.rbegin(),
                    [&](int value, std::byte byte) { return same(byte, value); });
}

const std::vector<Template>& plain_templates() {
  static const std::vector<Template> templates = {
      {ScriptForm::p2pkh, {0x76, 0xa9, 0x14}, 25, {0x88, 0xac}},
      {ScriptForm::p2sh, {0xa9, 0x14}, 23, {0x87}},
      {ScriptForm::p2pk, {0x21}, 35, {0xac}},
      {ScriptForm::p2pk_long, {0x41}, 67, {0xac}},
      {ScriptForm::multisig, {0x51, 0x21}, 71, {0x52, 0xae}},
      {ScriptForm::empty, {}, 0, {}},
      {ScriptForm::hash_puzzle, {0xa8, 0x20}, 35, {0x87}},
      {ScriptForm::pushdata_check, {0x4c, 0x02, 0xaa, 0xbb, 0x75}, 30, {0x88, 0xac}},
      {ScriptForm::pushdata_plain, {0x4c, 0x08}, 12, {0x75, 0x51}},
      {ScriptForm::anyone, {0x51}, 1, {}},
  };
  return templates;
}

const std::vector<Template>& witness_templates() {
  static const std::vector<Template> templates = {
      {ScriptForm::witness_key, {0x00, 0x14}, 22, {}},
      {ScriptForm::witness_script, {0x00, 0x20}, 34, {}},
      {ScriptForm::taproot, {0x51, 0x20}, 34, {}},
  };
  return templates;
}

std::optional<ScriptForm> find(Bytes script, const std::vector<Template>& templates) {
  for (const Template& wanted : templates) {
    if (matches(script, wanted)) return wanted.form;
  }
  return std::nullopt;
}

/// One ref operation of a script.
struct RefOp {
  int opcode;
  Ref ref;
};

/// The generator's forms by their ref operations and the rest of the script ("drop" left out).
std::optional<OutputForm> recognise_refs(Bytes script) {
  std::vector<RefOp> ops;
  std::vector<std::byte> rest;
  std::size_t at = 0;
  parse::ScriptOp op;
  while (classify::next_op(script, classify::OpSet::radiant, at, op) == classify::WalkStep::operation) {
    if (parse::has_ref_operand(op.opcode)) {
      Ref ref;
      std::copy_n(script.begin() + static_cast<std::ptrdiff_t>(op.data_begin), ref.size(), ref.begin());
      ops.push_back({op.opcode, ref});
    } else if (op.opcode != 0x75) {
      const Bytes bytes = script.subspan(op.begin, op.end() - op.begin);
      rest.insert(rest.end(), bytes.begin(), bytes.end());
    }
  }
  if (ops.empty()) return std::nullopt;
  const auto shape = [&](std::initializer_list<int> opcodes) {
    return std::equal(ops.begin(), ops.end(), opcodes.begin(), opcodes.end(),
                      [](const RefOp& left, int right) { return left.opcode == right; });
  };
  const std::optional<ScriptForm> payee = find(rest, plain_templates());
  const bool to_key = payee == ScriptForm::p2pkh;
  const bool same = ops.size() > 1 && ops[0].ref == ops[1].ref;
  const auto form_of = [&]() -> std::optional<ScriptForm> {
    if (shape({0xd8}) && to_key) return ScriptForm::nft;
    if (shape({0xd8, 0xd0}) && to_key && !same) return ScriptForm::nft_pair;
    if (shape({0xd8, 0xd1, 0xd2, 0xd3}) && to_key) return ScriptForm::nft_guard;
    if (shape({0xd0, 0xd8}) && to_key && same) return ScriptForm::nft_both;
    if (shape({0xd0, 0xd0}) && to_key) return same ? ScriptForm::ft_twice : ScriptForm::ft_pair;
    if (shape({0xd0}) && payee == ScriptForm::anyone) return ScriptForm::ref_plain;
    // <p2pkh> bd d0 <ref> and 12 bytes more
    if (shape({0xd0}) && rest.size() == 38 && rest[25] == std::byte{0xbd}) return ScriptForm::ft;
    return std::nullopt;
  };
  const std::optional<ScriptForm> form = form_of();
  if (!form) return std::nullopt;
  OutputForm found{*form, {ops[0].ref}};
  if (devnet::has_two_refs(*form)) found.refs.push_back(ops[1].ref);
  return found;
}

}  // namespace

std::optional<OutputForm> recognise_output(Bytes script_field, chain::Coin coin) {
  if (!classify::is_indexed(script_field, coin)) return std::nullopt;
  const Bytes script = coin == chain::Coin::bitcoin_cash ? classify::strip_token_prefix(script_field) : script_field;
  if (coin == chain::Coin::bitcoin) {
    if (const auto form = find(script, witness_templates())) return OutputForm{*form, {}};
  }
  if (const auto form = find(script, plain_templates())) return OutputForm{*form, {}};
  if (coin == chain::Coin::radiant) return recognise_refs(script);
  return std::nullopt;
}

}  // namespace sluice::devnet_node

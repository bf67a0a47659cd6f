#include "serve/offer_signature.h"

#include <secp256k1.h>

#include <algorithm>

#include "classify/templates.h"
#include "hash/sha256.h"
#include "serve/address.h"
#include "serve/script_refs.h"
#include "serve/script_text.h"
#include "serve/token_name.h"

namespace sluice::serve {
namespace {

constexpr std::byte single_anyone_can_pay_fork_id{0xc3};
constexpr std::size_t der_signature_bytes_max = 72;
constexpr std::size_t schnorr_signature_bytes = 64;
constexpr std::uint8_t op_push_data_4 = 0x4e;

class Preimage {
 public:
  Preimage& add(Bytes bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Preimage& add(const Digest& digest) { return add(digest.span()); }
  template <typename T>
  Preimage& number(T value) {
    std::array<std::byte, sizeof(T)> bytes;
    store_le(bytes.data(), value);
    return add(Bytes(bytes));
  }
  Preimage& sized(Bytes bytes) {
    if (bytes.size() < 0xfd) number(static_cast<std::uint8_t>(bytes.size()));
    else if (bytes.size() <= 0xffff) number(std::uint8_t{0xfd}).number(static_cast<std::uint16_t>(bytes.size()));
    else number(std::uint8_t{0xfe}).number(static_cast<std::uint32_t>(bytes.size()));
    return add(bytes);
  }
  [[nodiscard]] Digest digest() const { return hash::sha256d(bytes_); }

 private:
  std::vector<std::byte> bytes_;
};

/// The node sorts refs by their last byte first.
Digest refs_hash(std::vector<RefItem> refs) {
  if (refs.empty()) return {};
  std::ranges::sort(refs, [](const RefItem& a, const RefItem& b) {
    return std::lexicographical_compare(a.ref.rbegin(), a.ref.rend(), b.ref.rbegin(), b.ref.rend());
  });
  Preimage all;
  for (const RefItem& item : refs) all.add(Bytes(item.ref));
  return all.digest();
}

struct InputScript {
  Bytes signature;  ///< without the hash type
  std::byte hash_type{};
  Bytes public_key;
};

/// nullopt: of another form than push(signature, hash type) push(public key).
std::optional<InputScript> read_input_script(Bytes script) {
  ScriptReader reader(script, chain::Coin::radiant);
  ScriptStep signature;
  ScriptStep key;
  if (!reader.next(signature) || !reader.next(key) || !reader.at_end()) return std::nullopt;
  if (signature.opcode > op_push_data_4 || key.opcode > op_push_data_4 || signature.operand.size() < 2)
    return std::nullopt;
  return InputScript{signature.operand.first(signature.operand.size() - 1), signature.operand.back(), key.operand};
}

const unsigned char* as_uchar(const std::byte* at) { return reinterpret_cast<const unsigned char*>(at); }

bool verifies(const InputScript& input, const Digest& digest) {
  secp256k1_pubkey key;
  secp256k1_ecdsa_signature signature;
  return secp256k1_ec_pubkey_parse(secp256k1_context_static, &key, as_uchar(input.public_key.data()),
                                   input.public_key.size()) == 1 &&
         secp256k1_ecdsa_signature_parse_der(secp256k1_context_static, &signature, as_uchar(input.signature.data()),
                                             input.signature.size()) == 1 &&
         secp256k1_ecdsa_verify(secp256k1_context_static, &signature, as_uchar(digest.data()), &key) == 1;
}

}  // namespace

Digest offer_sighash(const Outpoint& offered, std::int64_t value, Bytes script, const TermsOutput& paid) {
  const std::vector<RefItem> refs = refs_of_script(paid.script);
  const Digest output_hashes = Preimage()
                                   .number(paid.value)
                                   .add(hash::sha256d(paid.script))
                                   .number(static_cast<std::uint32_t>(refs.size()))
                                   .add(refs_hash(refs))
                                   .digest();
  const Digest outputs = Preimage().number(paid.value).sized(paid.script).digest();
  return Preimage()
      .number(std::uint32_t{1})  // version
      .add(Digest{})             // no prevouts, no sequences: anyone can pay
      .add(Digest{})
      .add(offered.txid.span())
      .number(offered.index)
      .sized(script)
      .number(value)
      .number(std::uint32_t{0xffff'ffff})  // sequence
      .add(output_hashes)
      .add(outputs)
      .number(std::uint32_t{0})  // lock time
      .number(static_cast<std::uint32_t>(single_anyone_can_pay_fork_id))
      .digest();
}

SignatureCheck check_signature(const swap::Order& order, std::int64_t value, Bytes script) {
  const auto input = read_input_script(order.signature);
  const auto terms = decode_price_terms(order.price_terms);
  const auto payment = payment_script(script);
  if (!input || !terms || !payment || classify::match_template(*payment) != classify::ScriptKind::p2pkh)
    return SignatureCheck::unknown;
  if (input->hash_type != single_anyone_can_pay_fork_id) return SignatureCheck::invalid;
  if (!std::ranges::equal(key_hash(input->public_key), payment->subspan(3, 20))) return SignatureCheck::invalid;
  if (input->signature.size() == schnorr_signature_bytes) return SignatureCheck::unknown;
  if (input->signature.size() > der_signature_bytes_max) return SignatureCheck::invalid;
  const Digest digest = offer_sighash(order.id.offered, value, script, terms->outputs.front());
  return verifies(*input, digest) ? SignatureCheck::valid : SignatureCheck::invalid;
}

bool holds_token(Bytes script, const swap::TokenId& token) {
  const std::vector<RefItem> refs = refs_of_script(script);
  if (swap::is_plain(token)) return refs.empty();
  return std::ranges::any_of(refs, [&](const RefItem& item) { return token_of_ref(item.ref) == token; });
}

}  // namespace sluice::serve

#include "devnet/scripts.h"

#include "base/check.h"

namespace sluice::devnet {
namespace {

// Filler that belongs to a key: the same key number always gives the same bytes.
void put_key_bytes(Buffer& target, std::uint64_t key, std::uint64_t purpose, std::size_t count) {
  Random filler(key * 0x2545f4914f6cdd1d + purpose);
  put_random(target, filler, count);
}

void put_public_key(Buffer& target, std::uint64_t key, std::uint64_t purpose) {
  put(target, {0x21, 0x02 + static_cast<int>(key & 1)});
  put_key_bytes(target, key, purpose, 32);
}

void put_p2pkh(Buffer& target, std::uint64_t key) {
  put(target, {0x76, 0xa9, 0x14});
  put_key_bytes(target, key, 1, 20);
  put(target, {0x88, 0xac});
}

void put_ref(Buffer& target, int opcode, const Ref& ref) {
  put(target, {opcode});
  put_bytes(target, ref);
}

void put_dropped_ref(Buffer& target, int opcode, const Ref& ref) {
  put_ref(target, opcode, ref);
  put(target, {0x75});
}

void put_foreign_ref(Buffer& target, int opcode, Random& random) {
  put(target, {opcode});
  put_random(target, random, 32);
  put_le(target, static_cast<std::uint32_t>(random.below(4)));
  put(target, {0x75});
}

// 70 to 72 bytes of DER and the hash type, as signatures come.
void put_signature(Buffer& target, Random& random) {
  const auto size = static_cast<std::size_t>(71 + random.below(3));
  put(target, {static_cast<int>(size), 0x30});
  put_random(target, random, size - 2);
  put(target, {0x41});
}

}  // namespace

void put_script(Buffer& target, ScriptForm form, std::uint64_t key) {
  switch (form) {
    case ScriptForm::p2pkh: return put_p2pkh(target, key);
    case ScriptForm::p2pk: put_public_key(target, key, 2); return put(target, {0xac});
    case ScriptForm::p2pk_long:
      put(target, {0x41, 0x04});
      put_key_bytes(target, key, 3, 64);
      return put(target, {0xac});
    case ScriptForm::p2sh:
      put(target, {0xa9, 0x14});
      put_key_bytes(target, key, 4, 20);
      return put(target, {0x87});
    case ScriptForm::multisig:
      put(target, {0x51});
      put_public_key(target, key, 5);
      put_public_key(target, key, 6);
      return put(target, {0x52, 0xae});
    case ScriptForm::empty: return;
    case ScriptForm::hash_puzzle:
      put(target, {0xa8, 0x20});
      put_key_bytes(target, key, 7, 32);
      return put(target, {0x87});
    case ScriptForm::pushdata_check: put(target, {0x4c, 0x02, 0xaa, 0xbb, 0x75}); return put_p2pkh(target, key);
    case ScriptForm::pushdata_plain:
      put(target, {0x4c, 0x08});
      put_key_bytes(target, key, 8, 8);
      return put(target, {0x75, 0x51});
    case ScriptForm::anyone: return put(target, {0x51});
    case ScriptForm::witness_key: put(target, {0x00, 0x14}); return put_key_bytes(target, key, 9, 20);
    case ScriptForm::witness_script: put(target, {0x00, 0x20}); return put_key_bytes(target, key, 10, 32);
    case ScriptForm::taproot: put(target, {0x51, 0x20}); return put_key_bytes(target, key, 11, 32);
    case ScriptForm::truncated: put(target, {0x4d, 0xff, 0xff}); return put_key_bytes(target, key, 12, 12);
    default: SLUICE_CHECK(!"a form that put_script makes");
  }
}

void put_ref_script(Buffer& target, ScriptForm form, std::uint64_t key, const Ref& first, const Ref& second,
                    Random& random) {
  switch (form) {
    case ScriptForm::nft: put_dropped_ref(target, 0xd8, first); break;
    case ScriptForm::nft_pair:
      put_dropped_ref(target, 0xd8, first);
      put_dropped_ref(target, 0xd0, second);
      break;
    case ScriptForm::nft_guard:
      put_dropped_ref(target, 0xd8, first);
      put_dropped_ref(target, 0xd1, first);
      put_foreign_ref(target, 0xd2, random);
      put_foreign_ref(target, 0xd3, random);
      break;
    case ScriptForm::nft_both:
      put_dropped_ref(target, 0xd0, first);
      put_dropped_ref(target, 0xd8, first);
      break;
    case ScriptForm::ft:
      put_p2pkh(target, key);
      put(target, {0xbd});
      put_ref(target, 0xd0, first);
      return put(target, {0xde, 0xc0, 0xe9, 0xaa, 0x76, 0xe3, 0x78, 0xe4, 0xa2, 0x69, 0xe6, 0x9d});
    case ScriptForm::ft_pair:
      put_ref(target, 0xd0, first);
      put_ref(target, 0xd0, second);
      put(target, {0x75, 0x75});
      break;
    case ScriptForm::ft_twice:
      put_dropped_ref(target, 0xd0, first);
      put_dropped_ref(target, 0xd0, first);
      break;
    case ScriptForm::ref_plain: put_dropped_ref(target, 0xd0, first); return put(target, {0x51});
    default: SLUICE_CHECK(!"a form that carries refs");
  }
  put_p2pkh(target, key);
}

void put_script_sig(Buffer& target, ScriptForm form, Random& random) {
  switch (form) {
    case ScriptForm::p2pk:
    case ScriptForm::p2pk_long: return put_signature(target, random);
    case ScriptForm::multisig: put(target, {0x00}); return put_signature(target, random);
    case ScriptForm::p2sh:
      put(target, {0x00});
      put_signature(target, random);
      put(target, {0x4c, 0x47, 0x51});
      put_random(target, random, 0x46);
      return;
    case ScriptForm::hash_puzzle: put(target, {0x20}); return put_random(target, random, 32);
    case ScriptForm::empty: return put(target, {0x51});
    case ScriptForm::anyone:
    case ScriptForm::pushdata_plain:
    case ScriptForm::truncated:
    case ScriptForm::ref_plain:
    case ScriptForm::witness_key:
    case ScriptForm::witness_script:
    case ScriptForm::taproot: return;
    default:
      put_signature(target, random);
      put(target, {0x21, 0x02});
      return put_random(target, random, 32);
  }
}

void put_witness(Buffer& target, ScriptForm form, Random& random) {
  switch (form) {
    case ScriptForm::witness_key:
      put(target, {0x02});
      put_signature(target, random);
      put(target, {0x21, 0x03});
      return put_random(target, random, 32);
    case ScriptForm::witness_script: {
      put(target, {0x03, 0x00});
      put_signature(target, random);
      const auto size = static_cast<std::size_t>(random.below(8) == 0 ? 300 : 71);
      put_compact(target, size);
      return put_random(target, random, size);
    }
    case ScriptForm::taproot: put(target, {0x01, 0x40}); return put_random(target, random, 64);
    default: return put(target, {0x00});
  }
}

void put_data_script(Buffer& target, Random& random) {
  if (random.below(2) == 0) put(target, {0x00});
  put(target, {0x6a});
  const std::uint64_t shape = random.below(16);
  if (shape == 0) return;                                             // a bare OP_RETURN
  if (shape == 1) put(target, {0x4c, 0x04, 0xd0, 0xd8, 0xac, 0x6a});  // opcodes that are data
  if (shape == 2) put(target, {0x51, 0xac});                          // opcodes behind OP_RETURN
  Buffer payload;
  put_random(payload, random, static_cast<std::size_t>(shape < 12 ? 8 + random.below(68) : 76 + random.below(180)));
  put_push(target, payload);
}

void put_token_prefix(Buffer& target, Bytes category, Random& random) {
  put(target, {0xef});
  put_bytes(target, category);
  switch (random.below(16)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:  // amount only
      put(target, {0x10});
      return put_compact(target, 1 + random.below(std::uint64_t{1} << (1 + random.below(62))));
    case 8:
    case 9:  // an NFT with nothing more, of each capability
      return put(target, {0x20 + static_cast<int>(random.below(3))});
    case 10:
    case 11:
    case 12: {  // an NFT with a commitment
      const auto size = static_cast<std::size_t>(1 + random.below(40));
      put(target, {0x60 + static_cast<int>(random.below(3)), static_cast<int>(size)});
      return put_random(target, random, size);
    }
    case 13:
    case 14:  // everything
      put(target, {0x72, 0x03, 0x01, 0x02, 0x03});
      return put_compact(target, 1 + random.below(100'000));
    default: break;
  }
  switch (random.below(6)) {                                // malformed: the whole field is the script
    case 0: return put(target, {0x90, 0x01});               // reserved bit
    case 1: return put(target, {0x10, 0x00});               // amount zero
    case 2: return put(target, {0x00});                     // neither amount nor NFT
    case 3: return put(target, {0x11, 0x05});               // capability without NFT
    case 4: return put(target, {0x60, 0x00});               // commitment of no bytes
    default: return put(target, {0x10, 0xfd, 0x05, 0x00});  // amount in a longer form than needed
  }
}

}  // namespace sluice::devnet

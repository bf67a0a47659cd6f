// Every SHA-256 kernel of this processor against OpenSSL: single messages, streams, batches of mixed
// sizes, merkle pairs in place and apart. A kernel that cpuid has but that was not run is a failure.
#include <gtest/gtest.h>
#include <openssl/sha.h>

#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "base/hex.h"
#include "base/random.h"
#include "hash/kernels.h"
#include "hash/processor.h"
#include "hash/sha256.h"

namespace sluice::hash {
namespace {

using Buffer = std::vector<std::byte>;

Digest openssl_once(Bytes message) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(message.data()), message.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

Digest openssl_twice(Bytes message) { return openssl_once(openssl_once(message).span()); }

Buffer random_bytes(Random& random, std::size_t size) {
  Buffer bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random.next());
  return bytes;
}

Bytes text_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

/// Runs a check under each kernel, and tells which were run.
template <typename Check>
std::set<std::string> under_each_kernel(Check check) {
  std::set<std::string> ran;
  const std::string before(kernel_name(active_kernel()));
  for (const Kernel kernel : available_kernels()) {
    const std::string name(kernel_name(kernel));
    SCOPED_TRACE("kernel " + name);
    EXPECT_TRUE(select_kernel(name));
    EXPECT_EQ(active_kernel(), kernel);
    check();
    ran.insert(name);
  }
  EXPECT_TRUE(select_kernel(before));
  return ran;
}

/// What cpuid says must have run.
std::set<std::string> expected_kernels() {
  const Processor processor = detect_processor();
  std::set<std::string> names = {"portable"};
  if (processor.sha_ni) names.insert("sha_ni");
  if (processor.avx2) names.insert("avx2");
  if (processor.avx512) names.insert("avx512");
  return names;
}

TEST(Sha256, EveryKernelOfThisProcessorIsRun) {
  const std::set<std::string> ran = under_each_kernel([] {
    EXPECT_EQ(to_hex(sha256(text_bytes("abc")).span()),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
  EXPECT_EQ(ran, expected_kernels());
#if defined(__x86_64__)
  // Our own reading of cpuid against the compiler's, so that a wrong bit cannot hide a kernel.
  EXPECT_EQ(detect_processor().avx2, __builtin_cpu_supports("avx2") != 0);
  EXPECT_EQ(detect_processor().avx512, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2"));
#endif
}

TEST(Sha256, KnownAnswers) {
  under_each_kernel([] {
    EXPECT_EQ(to_hex(sha256({}).span()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256(text_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).span()),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(to_hex(sha256d({}).span()), "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456");
    const Buffer million(1'000'000, std::byte{'a'});
    EXPECT_EQ(to_hex(sha256(million).span()), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  });
}

TEST(Sha256, EveryLengthMatchesOpenSsl) {
  Random random(1);
  const Buffer bytes = random_bytes(random, 1001);
  under_each_kernel([&] {
    for (std::size_t size = 0; size <= 1000; ++size) {
      const Bytes message(bytes.data() + (size & 1), size);
      ASSERT_EQ(sha256(message), openssl_once(message)) << size;
      ASSERT_EQ(sha256d(message), openssl_twice(message)) << size;
    }
  });
}

TEST(Sha256, StreamsInAnyPieces) {
  Random random(2);
  under_each_kernel([&] {
    for (int round = 0; round < 300; ++round) {
      const Buffer bytes = random_bytes(random, random.below(700));
      Sha256 once;
      Sha256 twice;
      for (std::size_t at = 0; at < bytes.size();) {
        const std::size_t piece = random.below(std::min<std::size_t>(bytes.size() - at, 150) + 1);
        once.update({bytes.data() + at, piece});
        twice.update({bytes.data() + at, piece});
        at += piece;
      }
      ASSERT_EQ(once.finish(), openssl_once(bytes)) << bytes.size();
      ASSERT_EQ(twice.finish_double(), openssl_twice(bytes)) << bytes.size();
    }
  });
}

/// A batch whose messages each end exactly at the end of their own allocation, so that a sanitizer
/// build sees any read beyond them.
struct Batch {
  std::vector<Buffer> owned;
  std::vector<Message> messages;

  void add(Buffer bytes) {
    owned.push_back(std::move(bytes));
    messages.push_back({owned.back().data(), owned.back().size()});
  }
};

void expect_batch(const Batch& batch) {
  std::vector<Digest> once(batch.messages.size());
  std::vector<Digest> twice(batch.messages.size());
  sha256_many(batch.messages, once);
  sha256d_many(batch.messages, twice);
  for (std::size_t i = 0; i < once.size(); ++i) {
    const Buffer& bytes = batch.owned[i];
    ASSERT_EQ(once[i], openssl_once(bytes)) << i << " of " << once.size() << ", " << bytes.size() << " bytes";
    ASSERT_EQ(twice[i], openssl_twice(bytes)) << i << " of " << once.size() << ", " << bytes.size() << " bytes";
  }
}

TEST(Sha256Many, EveryBatchSizeOfMixedMessages) {
  Random random(3);
  under_each_kernel([&] {
    for (std::size_t count = 0; count <= 70; ++count) {
      Batch batch;
      for (std::size_t i = 0; i < count; ++i) batch.add(random_bytes(random, random.below(1001)));
      expect_batch(batch);
    }
  });
}

TEST(Sha256Many, EqualSizesAroundBlockBoundaries) {
  Random random(4);
  under_each_kernel([&] {
    for (const std::size_t size : {0, 1, 25, 55, 56, 63, 64, 65, 119, 120, 127, 128, 250, 503, 504}) {
      Batch batch;
      for (std::size_t i = 0; i < 37; ++i) batch.add(random_bytes(random, size));
      expect_batch(batch);
    }
  });
}

TEST(Sha256Many, LargeBatchesWithAFewHugeMessages) {
  Random random(5);
  under_each_kernel([&] {
    Batch batch;
    for (std::size_t i = 0; i < 3000; ++i) {
      const std::size_t size = random.chance(0.005) ? random.below(200'000) : 190 + random.below(200);
      batch.add(random_bytes(random, size));
    }
    expect_batch(batch);
  });
}

#if defined(__x86_64__)
/// The AVX-512 table of processors without SHA-NI is never chosen where both exist: run it by hand.
TEST(Sha256Many, Avx512WithoutShaNi) {
  if (!detect_processor().avx512) GTEST_SKIP() << "no AVX-512 here";
  Random random(7);
  for (std::size_t count = 0; count <= 70; ++count) {
    Batch batch;
    for (std::size_t i = 0; i < count; ++i) batch.add(random_bytes(random, random.below(400)));
    std::vector<Digest> once(count);
    std::vector<Digest> twice(count);
    avx512_no_sha_ni_kernel.many(batch.messages.data(), once.data(), count);
    avx512_no_sha_ni_kernel.many_twice(batch.messages.data(), twice.data(), count);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(once[i], openssl_once(batch.owned[i])) << i << " of " << count;
      ASSERT_EQ(twice[i], openssl_twice(batch.owned[i])) << i << " of " << count;
    }
  }
}
#endif

TEST(Sha256Pairs, InPlaceAndApart) {
  Random random(6);
  under_each_kernel([&] {
    for (std::size_t count = 0; count <= 70; ++count) {
      Buffer pairs = random_bytes(random, 64 * count);
      std::vector<Digest> apart(count);
      sha256d_pairs(pairs.data(), apart);
      for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(apart[i], openssl_twice({pairs.data() + 64 * i, 64})) << i;
      std::vector<Digest> in_place(2 * count);
      if (count > 0) std::memcpy(in_place.data(), pairs.data(), pairs.size());
      sha256d_pairs(reinterpret_cast<const std::byte*>(in_place.data()), std::span(in_place).first(count));
      in_place.resize(count);
      ASSERT_EQ(in_place, apart) << count;
    }
  });
}

TEST(Sha256Select, RefusesUnknownNamesAndKeepsTheKernel) {
  const Kernel before = active_kernel();
  EXPECT_FALSE(select_kernel("md5"));
  EXPECT_FALSE(select_kernel(""));
  EXPECT_FALSE(select_kernel("SHA_NI"));
  EXPECT_EQ(active_kernel(), before);
}

/// Runs in a child process, because the variable is read once.
void say_active_and_leave(const char* value) {
  setenv("SLUICE_SHA", value, 1);
  const std::string error(requested_kernel_error());
  std::fprintf(stderr, "<%s|%s>", std::string(kernel_name(active_kernel())).c_str(), error.c_str());
  std::exit(0);
}

TEST(Sha256Environment, ForcesEachKernelAndNamesTheWrongOne) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const char* name : {"portable", "sha_ni", "avx2", "avx512"}) {
    if (!expected_kernels().contains(name)) continue;
    EXPECT_EXIT(say_active_and_leave(name), testing::ExitedWithCode(0), std::string("<") + name + "\\|>");
  }
  EXPECT_EXIT(say_active_and_leave("neon9"), testing::ExitedWithCode(0), "\\|SLUICE_SHA=neon9: not a kernel");
}

}  // namespace
}  // namespace sluice::hash

// The pair of certificate and key: what is refused with which words, and that a bad pair never
// replaces a good one.
#include "net/tls_context.h"

#include <gtest/gtest.h>

#include <fstream>

#include "certificates.h"
#include "support/temp_dir.h"

namespace sluice::net {
namespace {

using test::make_certificate;

class TlsContextTest : public ::testing::Test {
 protected:
  std::string refusal(const std::filesystem::path& certificate, const std::filesystem::path& key) {
    const auto loaded = TlsContext::load(certificate, key);
    EXPECT_FALSE(loaded.ok());
    if (loaded.ok()) return {};
    EXPECT_EQ(loaded.error().kind, ErrorKind::config);
    return loaded.error().message;
  }
  /// Puts another pair in place, as a renewal does.
  void replace(const test::CertificateFiles& target, const test::CertificateFiles& source) {
    std::filesystem::rename(source.certificate, target.certificate);
    std::filesystem::rename(source.key, target.key);
  }

  sluice::test::TempDir folder_;
  test::CertificateFiles first_ = make_certificate(folder_.path(), "first");
};

TEST_F(TlsContextTest, RefusalsNameTheFile) {
  const auto other = make_certificate(folder_.path(), "other");
  const auto locked = make_certificate(folder_.path(), "locked", "secret");
  const auto missing = folder_.path() / "missing.pem";
  EXPECT_NE(refusal(missing, first_.key).find("missing.pem: no certificate"), std::string::npos);
  EXPECT_NE(refusal(first_.certificate, missing).find("missing.pem: no key"), std::string::npos);
  EXPECT_NE(refusal(first_.key, first_.key).find("first.key: no certificate"), std::string::npos);
  EXPECT_NE(refusal(first_.certificate, first_.certificate).find("first.crt: no key"), std::string::npos);
  EXPECT_NE(refusal(first_.certificate, other.key).find("other.key: "), std::string::npos);
  EXPECT_NE(refusal(locked.certificate, locked.key).find("locked.key: no key"), std::string::npos);
}

TEST_F(TlsContextTest, ABadPairLeavesTheGoodOneInUse) {
  const auto context = TlsContext::load(first_.certificate, first_.key).value();
  const auto in_use = context->current();
  std::ofstream(first_.key) << "half a fi";
  EXPECT_FALSE(context->reload().ok());
  EXPECT_EQ(context->current(), in_use);
  replace(first_, make_certificate(folder_.path(), "second"));
  EXPECT_TRUE(context->reload().ok());
  EXPECT_NE(context->current(), in_use);
}

TEST_F(TlsContextTest, ReloadsWhenAFileChanged) {
  const auto context = TlsContext::load(first_.certificate, first_.key).value();
  EXPECT_FALSE(context->reload_if_changed().value());
  const auto in_use = context->current();

  const auto second = make_certificate(folder_.path(), "second");
  std::filesystem::rename(second.certificate, first_.certificate);  // a renewal half done
  EXPECT_FALSE(context->reload_if_changed().ok());
  EXPECT_EQ(context->current(), in_use);
  EXPECT_FALSE(context->reload_if_changed().value()) << "the same bad pair is told once";
  std::filesystem::rename(second.key, first_.key);
  EXPECT_TRUE(context->reload_if_changed().value());
  EXPECT_NE(context->current(), in_use);

  std::filesystem::remove(first_.key);
  EXPECT_FALSE(context->reload_if_changed().ok());
}

}  // namespace
}  // namespace sluice::net

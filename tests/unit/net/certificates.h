// Certificates that sign themselves, made for a test.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "base/check.h"

namespace sluice::net::test {

struct CertificateFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};

/// A P-256 pair for `name` in `folder`; with a passphrase the key is encrypted.
inline CertificateFiles make_certificate(const std::filesystem::path& folder, const std::string& name,
                                         const char* passphrase = nullptr) {
  const CertificateFiles files{folder / (name + ".crt"), folder / (name + ".key")};
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600 * 24);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), subject);
  SLUICE_CHECK(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  std::FILE* file = std::fopen(files.certificate.c_str(), "wb");
  SLUICE_CHECK(file != nullptr && PEM_write_X509(file, certificate.get()) == 1);
  std::fclose(file);
  file = std::fopen(files.key.c_str(), "wb");
  const auto* phrase = reinterpret_cast<const unsigned char*>(passphrase);
  const EVP_CIPHER* cipher = passphrase == nullptr ? nullptr : EVP_aes_128_cbc();
  const int size = passphrase == nullptr ? 0 : static_cast<int>(std::string(passphrase).size());
  SLUICE_CHECK(file != nullptr && PEM_write_PrivateKey(file, key.get(), cipher, phrase, size, nullptr, nullptr) == 1);
  std::fclose(file);
  return files;
}

}  // namespace sluice::net::test

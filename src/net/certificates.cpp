#include "net/certificates.hpp"

#include "net/openssl.hpp"
#include "net/stream.hpp"

namespace postern::net {
namespace {

using detail::CertPtr;
using detail::KeyPtr;

std::string bio_text(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

Error openssl_failed(const char* what) {
  return Error(ErrorKind::internal,
               std::string("cannot make a certificate: ") + what + ": " + detail::take_openssl_error());
}

bool add_extension(X509* cert, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) return false;
  const int added = X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
  return added == 1;
}

bool set_time(ASN1_TIME* field, WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
  return ASN1_TIME_set(field, static_cast<time_t>(seconds)) != nullptr;
}

/// A certificate with everything but extensions and signature.
Result<CertPtr> bare_certificate(const std::string& common_name, const Validity& validity, EVP_PKEY* key) {
  CertPtr cert(X509_new());
  BIGNUM* serial = BN_new();
  const bool numbered = BN_rand(serial, 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
                        BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert.get())) != nullptr;
  BN_free(serial);
  X509_NAME* name = X509_get_subject_name(cert.get());
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  if (!numbered || X509_set_version(cert.get(), X509_VERSION_3) != 1 ||
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) != 1 ||
      !set_time(X509_getm_notBefore(cert.get()), validity.not_before) ||
      !set_time(X509_getm_notAfter(cert.get()), validity.not_after) || X509_set_pubkey(cert.get(), key) != 1) {
    return fail(openssl_failed("setting its fields"));
  }
  return cert;
}

Result<CertifiedKey> signed_pem(X509* cert, EVP_PKEY* key, EVP_PKEY* signer) {
  if (X509_sign(cert, signer, EVP_sha256()) == 0) return fail(openssl_failed("signing"));
  const detail::BioPtr cert_bio(BIO_new(BIO_s_mem()));
  const detail::BioPtr key_bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(cert_bio.get(), cert) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return fail(openssl_failed("writing PEM"));
  }
  CertifiedKey made;
  made.certificate_pem = bio_text(cert_bio.get());
  made.key_pem = Secret<std::string>(bio_text(key_bio.get()));
  return made;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    text += (is_address_literal(name) ? "IP:" : "DNS:") + name;
  }
  return text;
}

bool add_server_extensions(X509* cert, X509* issuer, const std::vector<std::string>& names) {
  return add_extension(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(cert, issuer, NID_key_usage, "critical,digitalSignature") &&
         add_extension(cert, issuer, NID_ext_key_usage, "serverAuth") &&
         add_extension(cert, issuer, NID_subject_key_identifier, "hash") &&
         add_extension(cert, issuer, NID_authority_key_identifier, "keyid") &&
         add_extension(cert, issuer, NID_subject_alt_name, alternative_names(names));
}

Result<void> check_names(const std::vector<std::string>& names) {
  if (names.empty()) return fail(ErrorKind::usage, "a server certificate needs at least one name");
  for (const std::string& name : names) {
    // The names go through OpenSSL's configuration syntax, where these would mean something.
    if (name.empty() || name.size() > 253 || name.find_first_of(",;@\r\n\\ ") != std::string::npos) {
      return fail(ErrorKind::usage, "\"" + name + "\" is no name for a server certificate");
    }
  }
  return {};
}

}  // namespace

Result<CertifiedKey> make_ca(const std::string& common_name, Validity validity) {
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return fail(openssl_failed("making a key"));
  TRY(const CertPtr cert, bare_certificate(common_name, validity, key.get()));
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  if (!add_extension(cert.get(), cert.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
      !add_extension(cert.get(), cert.get(), NID_key_usage, "critical,keyCertSign,cRLSign") ||
      !add_extension(cert.get(), cert.get(), NID_subject_key_identifier, "hash")) {
    return fail(openssl_failed("adding extensions"));
  }
  return signed_pem(cert.get(), key.get(), key.get());
}

Result<CertifiedKey> issue_server_certificate(const CertifiedKey& ca, const std::vector<std::string>& names,
                                              Validity validity) {
  TRY_VOID(check_names(names));
  const detail::BioPtr ca_bio = detail::memory_bio(ca.certificate_pem);
  const detail::BioPtr key_bio = detail::memory_bio(ca.key_pem.reveal());
  const CertPtr issuer(PEM_read_bio_X509(ca_bio.get(), nullptr, nullptr, nullptr));
  const KeyPtr issuer_key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  if (issuer == nullptr || issuer_key == nullptr) return fail(openssl_failed("reading the CA"));
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return fail(openssl_failed("making a key"));
  TRY(const CertPtr cert, bare_certificate(names.front().substr(0, 64), validity, key.get()));
  X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer.get()));
  if (!add_server_extensions(cert.get(), issuer.get(), names)) return fail(openssl_failed("adding extensions"));
  return signed_pem(cert.get(), key.get(), issuer_key.get());
}

Result<CertifiedKey> make_self_signed(const std::vector<std::string>& names, Validity validity) {
  TRY_VOID(check_names(names));
  const KeyPtr key(EVP_EC_gen("P-256"));
  if (key == nullptr) return fail(openssl_failed("making a key"));
  TRY(const CertPtr cert, bare_certificate(names.front().substr(0, 64), validity, key.get()));
  X509_set_issuer_name(cert.get(), X509_get_subject_name(cert.get()));
  if (!add_server_extensions(cert.get(), cert.get(), names)) return fail(openssl_failed("adding extensions"));
  return signed_pem(cert.get(), key.get(), key.get());
}

}  // namespace postern::net

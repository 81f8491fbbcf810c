#pragma once

/// Owners of OpenSSL objects. Internal to net's sources: it includes OpenSSL headers.

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace postern::net::detail {

template <auto Free>
struct OsslFree {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using BioPtr = std::unique_ptr<BIO, OsslFree<BIO_free>>;
using BioMethodPtr = std::unique_ptr<BIO_METHOD, OsslFree<BIO_meth_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OsslFree<EVP_PKEY_free>>;
using CertPtr = std::unique_ptr<X509, OsslFree<X509_free>>;
using SslPtr = std::unique_ptr<SSL, OsslFree<SSL_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, OsslFree<SSL_CTX_free>>;
using SessionPtr = std::unique_ptr<SSL_SESSION, OsslFree<SSL_SESSION_free>>;

/// A read-only memory BIO over text that outlives it.
inline BioPtr memory_bio(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

/// The oldest error in this thread's queue as text, and empties the queue.
inline std::string take_openssl_error() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

}  // namespace postern::net::detail

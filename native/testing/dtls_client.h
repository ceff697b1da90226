// The peer of our DTLS server in tests: OpenSSL as client, without sockets and without time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "crypto/datagrams.h"
#include "crypto/dtls_handshake.h"

namespace testing_support {

struct DtlsClientOptions {
  std::string srtp_profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";  // "" = no use_srtp
  std::string cipher_suites = "";  // "" = OpenSSL's default list
  bool sends_certificate = true;   // false: answers the request with an empty list
  bool speaks_dtls_1_2 = true;     // false: 1.0 only
  size_t hello_fragments = 1;      // each a datagram of its own
};

class DtlsClient {
 public:
  explicit DtlsClient(const DtlsClientOptions& options = {});
  ~DtlsClient();

  // Of its certificate, which every client generates anew.
  const crypto::Fingerprint& fingerprint() const;

  // The first flight.
  void start(crypto::Datagrams& out);
  void handle_datagram(std::span<const uint8_t> datagram, crypto::Datagrams& out);
  // The last flight as new records.
  void retransmit(crypto::Datagrams& out);
  void send_application_data(std::span<const uint8_t> bytes, crypto::Datagrams& out);
  void close(crypto::Datagrams& out);

  bool is_connected() const;
  bool has_failed() const;
  bool was_closed() const;
  // The client's view: its outbound keys are the server's inbound ones.
  crypto::SrtpMasterKeys keys() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace testing_support

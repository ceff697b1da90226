// The wire as OpenSSL sees it: one datagram in at a time, datagrams out, boundaries kept.
//
// Records of epoch 0 are numbered here, not by OpenSSL. They are not authenticated, and numbering
// them lets a flight be sent again as new records (RFC 6347 §4.2.2) without OpenSSL's own
// retransmission, which waits for the wall clock.
#pragma once

#include <openssl/bio.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "crypto/datagrams.h"

namespace crypto {

class DatagramWire {
 public:
  // The next read gives this datagram; it must live until then.
  void offer(std::span<const uint8_t> datagram) {
    input_ = datagram;
    has_input_ = true;
  }
  bool has_input() const { return has_input_; }

  // Number of bytes read, 0 when there is nothing; what does not fit is lost, as with recv().
  size_t read(std::span<uint8_t> out);

  // Appends one datagram to `out`, with its records of epoch 0 numbered anew.
  void write(std::span<const uint8_t> datagram, Datagrams& out);

  // What was written since it was last taken.
  Datagrams& written() { return written_; }

 private:
  std::span<const uint8_t> input_;
  bool has_input_ = false;
  uint64_t next_sequence_ = 0;
  Datagrams written_;
};

// A BIO over `wire`, which must outlive it; nullptr when memory is short.
BIO* make_datagram_bio(DatagramWire& wire);

}  // namespace crypto

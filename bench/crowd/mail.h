// Packets of one frame, protected with one batch and sent with one call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crowd/transport.h"
#include "crypto/srtp_cipher.h"
#include "load/datagrams.h"

namespace crowd {

struct MailPacket {
  std::span<const uint8_t> header;
  std::span<const uint8_t> prefix;
  std::span<const uint8_t> payload;  // is read when all are sent
};

class Mail {
 public:
  Mail(crypto::SrtpCipher& cipher, load::Sender& sender) : cipher_(cipher), sender_(sender) {
    bytes_.resize(kSize * kRoom);
  }

  // False: it was refused.
  bool add(Transport& by, const MailPacket& packet);
  bool add_rtcp(Transport& by, std::span<const uint8_t> compound);
  // All that were added are of this transport.
  void flush(Transport& by);

 private:
  static constexpr size_t kSize = 64;
  // Header, prefix, payload and tag.
  static constexpr size_t kRoom = 1536;
  static constexpr size_t kHead = 64;

  crypto::SrtpCipher& cipher_;
  load::Sender& sender_;
  std::vector<uint8_t> bytes_;
  std::array<crypto::ProtectJob, kSize> jobs_{};
  size_t count_ = 0;
};

}  // namespace crowd

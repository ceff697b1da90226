#include "crowd/mail.h"

#include <algorithm>

namespace crowd {

bool Mail::add(Transport& by, const MailPacket& packet) {
  if (count_ == kSize) flush(by);
  // Header and prefix may stand where they are written to.
  uint8_t* output = bytes_.data() + count_ * kRoom;
  std::ranges::copy(packet.header, output);
  std::ranges::copy(packet.prefix, output + packet.header.size());
  const std::span<const uint8_t> header(output, packet.header.size());
  const std::span<const uint8_t> prefix(output + header.size(), packet.prefix.size());
  srtp::OutboundContext& context = by.association().outbound();
  if (!context.prepare_rtp(header, prefix, packet.payload, output, jobs_[count_])) return false;
  ++count_;
  return true;
}

bool Mail::add_rtcp(Transport& by, std::span<const uint8_t> compound) {
  // Such a packet is read when it is protected, and the caller's bytes end before.
  flush(by);
  if (!by.association().outbound().prepare_rtcp(compound, bytes_.data(), jobs_[0])) return false;
  count_ = 1;
  flush(by);
  return true;
}

void Mail::flush(Transport& by) {
  if (count_ == 0) return;
  cipher_.protect({jobs_.data(), count_});
  for (size_t i = 0; i < count_; ++i) {
    by.add(std::span(bytes_).subspan(i * kRoom, jobs_[i].output_size()), sender_);
  }
  sender_.flush(by.fd());
  count_ = 0;
}

}  // namespace crowd

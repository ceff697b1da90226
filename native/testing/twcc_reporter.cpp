#include "testing/twcc_reporter.h"

#include <array>
#include <span>

#include "wire/rtp_extensions.h"

namespace testing_support {

void TwccReporter::step(base::Instant now) {
  for (; read_ < peer_.rtp.size(); ++read_) {
    const ReceivedRtp& packet = peer_.rtp[read_];
    const auto value = packet.view.extensions().find(id_);
    if (!value) continue;
    const auto sequence = wire::read_transport_sequence(*value);
    if (sequence) arrivals_.handle_packet(*sequence, packet.bytes.size(), now);
  }
  std::array<uint8_t, 1200> message;
  while (arrivals_.next_deadline() <= now) {
    const size_t size = arrivals_.write_feedback(now, 1, 0, message);
    if (size == 0) return;
    peer_.send_rtcp(std::span(message).first(size));
  }
}

}  // namespace testing_support

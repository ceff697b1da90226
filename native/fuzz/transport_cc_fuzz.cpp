// Transport-wide feedback: a message that is read, written again and read gives the same arrivals.
// The input is the body after the four bytes of the RTCP header.
#include <array>
#include <vector>

#include "fuzz/expect.h"
#include "wire/rtcp_transport_cc.h"

namespace {

struct Message {
  wire::TransportCc feedback;
  std::vector<wire::PacketStatus> packets;
};

bool read(std::span<const uint8_t> body, Message& message) {
  const wire::RtcpBlock block{wire::RtcpType::kTransportFeedback, wire::kTransportCcFormat, body};
  wire::TransportCcReader reader;
  if (wire::parse_transport_cc(block, message.feedback, reader) != wire::ParseError::kNone) {
    return false;
  }
  for (wire::PacketStatus status; reader.next(status);) message.packets.push_back(status);
  fuzz::expect(message.packets.size() == message.feedback.status_count);
  return true;
}

int64_t time_of(const Message& message, const wire::PacketStatus& status) {
  return message.feedback.reference_time * wire::kTransportCcReferenceUs + status.offset_us;
}

// A delta may be as large as the format allows only between received packets, so what was read can
// always be written, but for a first delta outside a byte: then the reference time differs.
void expect_same_arrivals(const Message& first, size_t taken, std::span<const uint8_t> body) {
  Message second;
  fuzz::expect(read(body, second));
  size_t received = 0;
  for (size_t i = 0; i < second.packets.size(); ++i) {
    const wire::PacketStatus& before = first.packets[i];
    const wire::PacketStatus& after = second.packets[i];
    fuzz::expect(before.sequence == after.sequence && before.received == after.received);
    if (!after.received) continue;
    constexpr int64_t kCycle = (int64_t{1} << 24) * wire::kTransportCcReferenceUs;
    fuzz::expect((time_of(first, before) - time_of(second, after)) % kCycle == 0);
    ++received;
  }
  fuzz::expect(received == taken);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Message message;
  if (!read({data, size}, message)) return 0;
  std::vector<wire::PacketArrival> arrivals;
  for (size_t i = 0; i < message.packets.size(); ++i) {
    const wire::PacketStatus& status = message.packets[i];
    if (!status.received) continue;
    arrivals.push_back({static_cast<int64_t>(i), time_of(message, status)});
  }
  std::array<uint8_t, fuzz::kMaxInput> out{};
  wire::TransportCc feedback;
  size_t taken = 0;
  const size_t written = wire::write_transport_cc(feedback, 0, arrivals, out, taken);
  if (written == 0) return 0;
  // Numbers were written from 0; put the base back for the comparison.
  out[12] = static_cast<uint8_t>(message.feedback.base_sequence >> 8);
  out[13] = static_cast<uint8_t>(message.feedback.base_sequence);
  wire::RtcpReader reader(std::span(out).first(written));
  wire::RtcpBlock block;
  fuzz::expect(reader.next(block));
  expect_same_arrivals(message, taken, block.body);
  return 0;
}

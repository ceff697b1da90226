#include "wire/out_packet.h"

#include <algorithm>

namespace wire {

Mid::Mid(std::string_view text) : size_(static_cast<uint8_t>(std::min(text.size(), kMaxMidSize))) {
  std::copy_n(text.begin(), size_, text_.begin());
}

size_t write_out_header(const OutPacket& packet, uint16_t transport_sequence, base::Instant now,
                        std::span<uint8_t> out) {
  std::array<ExtensionElement, kMaxPassedExtensions + 4> elements;
  size_t count = 0;
  const auto add = [&](uint8_t id, std::span<const uint8_t> value) {
    if (id != 0) elements[count++] = {id, value};
  };
  const std::array<uint8_t, 2> sequence = write_transport_sequence(transport_sequence);
  const std::array<uint8_t, 3> send_time = write_abs_send_time(now.us);
  add(packet.ids.transport_cc, sequence);
  add(packet.ids.abs_send_time, send_time);
  if (!packet.mid.empty()) add(packet.ids.mid, packet.mid.bytes());
  const std::span<const uint8_t> source =
      packet.source ? packet.source.bytes() : std::span<const uint8_t>{};
  for (size_t i = 0; i < packet.passed_count; ++i) {
    const PassedExtension& passed = packet.passed[i];
    add(passed.id, source.subspan(passed.offset, passed.size));
  }
  std::array<uint8_t, kMaxRewrittenDescriptor> descriptor;
  const PassedDependency& dependency = packet.dependency;
  if (dependency.id != 0) {
    const size_t size = rewrite_dependency_descriptor(
        source.subspan(dependency.offset, dependency.size), dependency.rewrite, descriptor);
    if (size != 0) add(dependency.id, std::span(descriptor).first(size));
  }
  return write_rtp_header(packet.header, std::span(elements).first(count), out);
}

}  // namespace wire

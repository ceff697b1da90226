#include "wire/out_packet.h"

#include <algorithm>

#include "base/byte_writer.h"

namespace wire {

Mid::Mid(std::string_view text) : size_(static_cast<uint8_t>(std::min(text.size(), kMaxMidSize))) {
  std::copy_n(text.begin(), size_, text_.begin());
}

namespace {

constexpr size_t kBlockHeader = 4;

// What nearly every packet has: elements of the one-byte form, written where they go. Anything else
// is for write_rtp_header.
class ShortExtensions {
 public:
  explicit ShortExtensions(uint8_t* at) : begin_(at), end_(at + kBlockHeader) {}

  void add(uint8_t id, const uint8_t* value, size_t size) {
    if (id == 0) return;
    fits_ &= id <= kMaxOneByteId && size > 0 && size <= kMaxOneByteValue;
    *end_++ = static_cast<uint8_t>(id << 4 | (size - 1));
    end_ = std::copy_n(value, std::min(size, kMaxOneByteValue), end_);
  }
  bool fits() const { return fits_; }
  // Bytes of the whole block; 0 without elements.
  size_t finish() {
    if (end_ == begin_ + kBlockHeader) return 0;
    while ((end_ - begin_) % 4 != 0) *end_++ = 0;
    const auto size = static_cast<size_t>(end_ - begin_);
    base::store_u16(begin_, kOneByteProfile);
    base::store_u16(begin_ + 2, static_cast<uint16_t>(size / 4 - 1));
    return size;
  }

 private:
  uint8_t* begin_;
  uint8_t* end_;
  bool fits_ = true;
};
// All elements of a packet in this form, and the one that is too long for it.
static_assert(kRtpFixedHeaderSize + kBlockHeader + (kMaxPassedExtensions + 5) * 17 + 3 <=
              kMaxOutHeaderSize);

std::span<const uint8_t> source_bytes(const OutPacket& packet) {
  return packet.source ? packet.source.bytes() : std::span<const uint8_t>{};
}

size_t write_long_header(const OutPacket& packet, std::span<const uint8_t> sequence,
                         std::span<const uint8_t> send_time, std::span<uint8_t> out) {
  std::array<ExtensionElement, kMaxPassedExtensions + 4> elements;
  size_t count = 0;
  const auto add = [&](uint8_t id, std::span<const uint8_t> value) {
    if (id != 0) elements[count++] = {id, value};
  };
  add(packet.ids.transport_cc, sequence);
  add(packet.ids.abs_send_time, send_time);
  if (!packet.mid.empty()) add(packet.ids.mid, packet.mid.bytes());
  const std::span<const uint8_t> source = source_bytes(packet);
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

}  // namespace

size_t write_out_header(const OutPacket& packet, uint16_t transport_sequence,
                        const SendTime& send_time, std::span<uint8_t> out) {
  if (out.size() < kMaxOutHeaderSize) return 0;
  const std::array<uint8_t, 2> sequence = write_transport_sequence(transport_sequence);
  ShortExtensions extensions(&out[kRtpFixedHeaderSize]);
  extensions.add(packet.ids.transport_cc, sequence.data(), sequence.size());
  extensions.add(packet.ids.abs_send_time, send_time.data(), send_time.size());
  if (!packet.mid.empty()) {
    extensions.add(packet.ids.mid, packet.mid.bytes().data(), packet.mid.bytes().size());
  }
  const std::span<const uint8_t> source = source_bytes(packet);
  for (size_t i = 0; i < packet.passed_count; ++i) {
    const PassedExtension& passed = packet.passed[i];
    extensions.add(passed.id, source.data() + passed.offset, passed.size);
  }
  if (!extensions.fits() || packet.dependency.id != 0) {
    return write_long_header(packet, sequence, send_time, out);
  }
  const size_t size = extensions.finish();
  write_fixed_header(packet.header, size > 0, out.data());
  return kRtpFixedHeaderSize + size;
}

}  // namespace wire

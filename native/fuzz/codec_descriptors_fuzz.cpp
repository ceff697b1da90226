// The payload descriptors of every codec on the same bytes.
#include <array>

#include "fuzz/expect.h"
#include "wire/av1.h"
#include "wire/h264.h"
#include "wire/opus.h"
#include "wire/vp8.h"
#include "wire/vp9.h"

namespace {

constexpr auto kNone = wire::ParseError::kNone;

// A rewritten VP8 descriptor, with the frame behind it, reads back equal.
void check_vp8(std::span<const uint8_t> payload) {
  wire::Vp8Descriptor descriptor;
  if (wire::parse_vp8(payload, descriptor) != kNone) return;
  fuzz::expect(descriptor.size < payload.size());
  std::array<uint8_t, wire::kMaxVp8DescriptorSize + 1> out{};
  const size_t size = wire::write_vp8_descriptor(descriptor, out);
  fuzz::expect(size > 0 && size <= descriptor.size);
  out[size] = payload[descriptor.size];
  wire::Vp8Descriptor again;
  fuzz::expect(wire::parse_vp8(std::span(out).first(size + 1), again) == kNone);
  // Reserved bits and an extension byte without content are not repeated.
  again.size = descriptor.size;
  fuzz::expect(again == descriptor);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> payload(data, size);
  check_vp8(payload);
  wire::Vp9Descriptor vp9;
  if (wire::parse_vp9(payload, vp9) == kNone) {
    fuzz::expect(vp9.size < size && vp9.reference_count <= 3 && vp9.spatial_layers <= 8);
  }
  wire::H264Payload h264;
  if (wire::parse_h264(payload, h264) == kNone) fuzz::expect(h264.packet_type != 0);
  wire::Av1Payload av1;
  if (wire::parse_av1(payload, av1) == kNone) fuzz::expect(av1.obu_elements <= size);
  wire::is_opus_dtx(payload);
  return 0;
}

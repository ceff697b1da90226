// parse_rtp: header, payload and padding cover the packet exactly, elements lie in their block, and
// a rewritten header carries the same elements.
#include <array>

#include "fuzz/expect.h"
#include "wire/rtp.h"

namespace {

void expect_rewritten_header_reads_back(const wire::RtpView& view) {
  std::array<wire::ExtensionElement, 16> elements;
  size_t count = 0;
  wire::ExtensionReader reader = view.extensions().elements();
  for (wire::ExtensionElement element; count < elements.size() && reader.next(element);) {
    elements[count++] = element;
  }
  const wire::RtpHeader header{.timestamp = view.timestamp,
                               .ssrc = view.ssrc,
                               .sequence = view.sequence,
                               .payload_type = view.payload_type,
                               .marker = view.marker};
  std::array<uint8_t, 2 * fuzz::kMaxInput> out;
  const size_t size = wire::write_rtp_header(header, std::span(elements).first(count), out);
  if (size == 0) return;
  wire::RtpView rewritten;
  fuzz::expect(wire::parse_rtp({out.data(), size}, rewritten) == wire::ParseError::kNone);
  fuzz::expect(rewritten.payload_size == 0 && rewritten.ssrc == view.ssrc);
  wire::ExtensionReader again = rewritten.extensions().elements();
  for (size_t i = 0; i < count; ++i) {
    wire::ExtensionElement element;
    fuzz::expect(again.next(element) && element.id == elements[i].id);
    fuzz::expect(element.value.size() == elements[i].value.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> packet(data, size);
  wire::RtpView view;
  if (wire::parse_rtp(packet, view) != wire::ParseError::kNone) return 0;
  fuzz::expect(size_t{view.payload_offset} + view.payload_size + view.padding_size == size);
  fuzz::expect(fuzz::is_within(view.extensions().contents, packet));
  for (unsigned id = 0; id < 256; ++id) {
    const auto value = view.extensions().find(static_cast<uint8_t>(id));
    fuzz::expect(!value || fuzz::is_within(*value, view.extensions().contents));
  }
  expect_rewritten_header_reads_back(view);
  return 0;
}

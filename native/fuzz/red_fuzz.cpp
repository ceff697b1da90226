// parse_red: blocks follow each other and lie in the payload, and headers that are written read
// back as the same blocks.
#include <algorithm>
#include <array>

#include "fuzz/expect.h"
#include "wire/red.h"

namespace {

void expect_reads_back(const wire::RedPayload& red, std::span<const uint8_t> payload) {
  std::array<uint8_t, 2 * fuzz::kMaxInput> out;
  const size_t size = wire::write_red_header({red.blocks.data(), red.count}, out);
  fuzz::expect(size == red.blocks[0].offset);
  std::copy(payload.begin() + static_cast<std::ptrdiff_t>(size), payload.end(),
            out.begin() + static_cast<std::ptrdiff_t>(size));
  wire::RedPayload again;
  fuzz::expect(wire::parse_red({out.data(), payload.size()}, again) == wire::ParseError::kNone);
  fuzz::expect(again.count == red.count);
  for (size_t i = 0; i < red.count; ++i) {
    fuzz::expect(again.blocks[i].size == red.blocks[i].size);
    fuzz::expect(again.blocks[i].timestamp_offset == red.blocks[i].timestamp_offset);
    fuzz::expect(again.blocks[i].payload_type == red.blocks[i].payload_type);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> payload(data, std::min(size, fuzz::kMaxInput));
  wire::RedPayload red;
  if (wire::parse_red(payload, red) != wire::ParseError::kNone) return 0;
  fuzz::expect(red.count >= 1 && red.count <= wire::kMaxRedBlocks);
  size_t end = red.blocks[0].offset;
  for (size_t i = 0; i < red.count; ++i) {
    fuzz::expect(red.blocks[i].offset == end);
    end += red.blocks[i].size;
  }
  fuzz::expect(end == payload.size());
  expect_reads_back(red, payload);
  return 0;
}

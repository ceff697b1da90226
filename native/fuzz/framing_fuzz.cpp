// A stream cut at one place and whole gives the same frames; none is empty or longer than allowed.
#include <vector>

#include "fuzz/expect.h"
#include "wire/framing.h"

namespace {

using Frames = std::vector<std::vector<uint8_t>>;

// False: the stream is broken.
bool feed(wire::FrameReader& reader, std::span<const uint8_t> piece, Frames& frames) {
  std::span<const uint8_t> frame;
  while (true) {
    const wire::FrameStep step = reader.next(piece, frame);
    if (step != wire::FrameStep::kFrame) {
      fuzz::expect(step == wire::FrameStep::kBroken || piece.empty());
      return step == wire::FrameStep::kMore;
    }
    fuzz::expect(!frame.empty() && frame.size() <= wire::kMaxFrameSize);
    frames.emplace_back(frame.begin(), frame.end());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::span<const uint8_t> stream(data + 2, size - 2);
  const size_t cut = (size_t{data[0]} << 8 | data[1]) % (stream.size() + 1);
  Frames whole;
  wire::FrameReader one;
  const bool is_sound = feed(one, stream, whole);
  Frames pieces;
  wire::FrameReader two;
  const bool is_sound_so_far = feed(two, stream.first(cut), pieces);
  const bool is_sound_in_pieces = is_sound_so_far && feed(two, stream.subspan(cut), pieces);
  fuzz::expect(is_sound == is_sound_in_pieces && whole == pieces);
  return 0;
}

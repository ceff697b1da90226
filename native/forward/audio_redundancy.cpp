#include "forward/audio_redundancy.h"

#include <algorithm>
#include <utility>

#include "wire/opus.h"

namespace forward {

namespace {

bool may_follow(const Redundancy& redundancy, const wire::RedBlock& block, int64_t timestamp,
                int64_t begun_at) {
  const std::span<const uint8_t> bytes = redundancy.packet.bytes();
  return block.size > 0 && block.timestamp_offset > 0 &&
         timestamp - block.timestamp_offset >= begun_at &&
         !wire::is_opus_dtx(bytes.subspan(block.offset, block.size));
}

}  // namespace

void add_redundancy(const Redundancy& redundancy, int64_t timestamp, int64_t begun_at,
                    uint8_t red_payload_type, wire::OutPacket& out) {
  const wire::RedPayload& frames = redundancy.frames;
  size_t first = frames.count - 1;
  while (first > 0 && frames.count - first <= kMaxPassedBlocks &&
         may_follow(redundancy, frames.blocks[first - 1], timestamp, begun_at)) {
    --first;
  }
  if (first == frames.count - 1) return;
  std::array<wire::RedBlock, kMaxPassedBlocks + 1> blocks;
  const size_t count = frames.count - first;
  for (size_t i = 0; i < count; ++i) {
    blocks[i] = frames.blocks[first + i];
    blocks[i].payload_type = out.header.payload_type;
  }
  const size_t size = wire::write_red_header({blocks.data(), count}, out.prefix_bytes);
  if (size == 0) return;
  out.prefix_size = static_cast<uint8_t>(size);
  out.source = redundancy.packet;
  out.payload_offset = blocks[0].offset;
  out.payload_size =
      static_cast<uint16_t>(frames.primary().offset + frames.primary().size - blocks[0].offset);
  out.header.payload_type = red_payload_type;
}

bool RedundancyMaker::handle_packet(const MediaPacket& packet, bool silent, base::PacketPool& pool,
                                    Redundancy& made) {
  const size_t usable = silent ? 0 : usable_frames(packet);
  const bool is_made = usable > 0 && make(packet, usable, pool, made);
  if (silent || packet.view.payload_size > kMaxRepeatedSize) {
    reset();
  } else {
    remember(packet);
  }
  return is_made;
}

// Neighbours in number and in time: across a gap the frame before was lost or there was silence.
size_t RedundancyMaker::usable_frames(const MediaPacket& packet) const {
  if (packet.view.payload_size > kMaxRepeatedSize) return 0;
  size_t usable = 0;
  for (; usable < count_; ++usable) {
    const SourcePosition& position = frames_[usable].position;
    const int64_t distance = packet.position.timestamp - position.timestamp;
    if (position.source != packet.position.source ||
        position.sequence != packet.position.sequence - static_cast<int64_t>(usable) - 1 ||
        distance <= 0 || distance > wire::kMaxRedOffset) {
      break;
    }
  }
  return usable;
}

bool RedundancyMaker::make(const MediaPacket& packet, size_t usable, base::PacketPool& pool,
                           Redundancy& made) const {
  base::PacketRef block = pool.acquire();
  if (!block) return false;
  // The header comes along: extensions that are passed on are found by their place in it.
  const std::span<const uint8_t> original = packet.packet.bytes();
  size_t end = packet.view.payload_offset;
  size_t size = end + packet.view.payload_size;
  for (size_t i = 0; i < usable; ++i) size += frames_[i].size;
  if (size > base::kPacketCapacity) return false;
  block.resize(size);
  const std::span<uint8_t> bytes = block.bytes();
  std::copy_n(original.begin(), end, bytes.begin());
  made.frames.count = 0;
  const auto append = [&](std::span<const uint8_t> frame, int64_t distance) {
    std::copy(frame.begin(), frame.end(), bytes.begin() + static_cast<std::ptrdiff_t>(end));
    made.frames.blocks[made.frames.count++] = {0, static_cast<uint16_t>(distance),
                                               static_cast<uint16_t>(end),
                                               static_cast<uint16_t>(frame.size())};
    end += frame.size();
  };
  for (size_t i = usable; i > 0; --i) {
    const Frame& frame = frames_[i - 1];
    const std::span<const uint8_t> source = frame.packet.bytes();
    append(source.subspan(frame.offset, frame.size),
           packet.position.timestamp - frame.position.timestamp);
  }
  append(packet.view.payload(), 0);
  made.packet = std::move(block);
  return true;
}

void RedundancyMaker::remember(const MediaPacket& packet) {
  for (size_t i = distance_ - 1; i > 0; --i) frames_[i] = std::move(frames_[i - 1]);
  frames_[0] = {packet.packet, packet.position, packet.view.payload_offset,
                packet.view.payload_size};
  count_ = std::min(count_ + 1, distance_);
}

}  // namespace forward

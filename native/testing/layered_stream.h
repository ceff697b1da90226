// A camera in several encodings for tests of forwarders: VP8 frames of several packets whose bytes
// say where they come from, so that what leaves can be judged without knowing how it was chosen.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/packet.h"
#include "forward/forwarder.h"
#include "testing/rtp_packets.h"

namespace testing_support {

inline constexpr forward::PayloadFormat kLayeredFormat{wire::CodecKind::kVp8, 1};
inline constexpr base::Duration kFrameTime = base::Duration::millis(40);
inline constexpr int64_t kFrameTicks90k = 3600;

// A packet of the camera before it is received.
struct LayeredPacket {
  uint8_t encoding = 0;
  uint32_t generation = 0;
  int64_t sequence = 0;
  int64_t timestamp = 0;
  int64_t frame = 0;  // number of the captured picture, the same in all encodings
  bool first = false;
  bool marker = false;
  bool key = false;
  uint8_t temporal_id = 0;
  bool sync = false;
  uint8_t tl0 = 0;
  uint16_t picture_id = 0;
  bool padding = false;

  std::vector<uint8_t> payload() const;
};

// One encoding: frames in the temporal pattern 0 2 1 2 (or all in the base layer), each of
// `packets_per_frame` packets, numbered from its own random start.
class LayeredEncoding {
 public:
  LayeredEncoding(uint8_t encoding, int64_t first_sequence, int64_t first_timestamp,
                  bool temporal_layers = false, size_t packets_per_frame = 2)
      : encoding_(encoding),
        temporal_layers_(temporal_layers),
        packets_per_frame_(packets_per_frame),
        sequence_(first_sequence),
        timestamp_(first_timestamp),
        picture_id_(static_cast<uint16_t>(100 + 1000 * encoding)) {}

  // The packets of the captured picture `frame`.
  std::vector<LayeredPacket> frame(int64_t frame, bool key);
  LayeredPacket padding();
  void restart(int64_t first_sequence, int64_t first_timestamp);
  // So many packets that nobody ever sees.
  void lose(int64_t packets) { sequence_ += packets; }
  void jump_clock(int64_t ticks) { timestamp_ += ticks; }
  int64_t next_sequence() const { return sequence_; }

 private:
  uint8_t encoding_;
  bool temporal_layers_;
  size_t packets_per_frame_;
  uint32_t generation_ = 0;
  int64_t sequence_;
  int64_t timestamp_;
  int64_t last_frame_ = -1;
  size_t phase_ = 0;
  uint8_t tl0_ = 0;
  uint16_t picture_id_;
};

// What left, read back.
struct LeftPacket {
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  bool marker = false;
  uint8_t encoding = 0;
  int64_t frame = 0;
  bool key = false;
  uint16_t picture_id = 0;
  uint8_t tl0 = 0;
  uint8_t temporal_id = 0;
  std::vector<uint8_t> body;
};

// A forwarder and the network before it: gives it packets at a time, keeps what leaves.
class LayeredReceiver {
 public:
  explicit LayeredReceiver(const forward::ForwarderState& seed = forward::initial_state(1000));

  forward::Verdict give(const LayeredPacket& packet);
  void give_all(const std::vector<LayeredPacket>& packets) {
    for (const LayeredPacket& packet : packets) give(packet);
  }
  void set_encoding(uint8_t encoding, uint8_t temporal = 255);

  forward::Forwarder forwarder;
  std::vector<LeftPacket> left;
  base::Instant now{10'000'000};
  bool reports = true;   // capture times are known
  base::Duration delay;  // between capture and arrival

  // Gaps of the numbers that left, in order of leaving; late ones are not counted.
  size_t gaps() const;

 private:
  base::PacketPool pool_{0, 64};
  std::array<int64_t, 8> highest_{};
  std::array<uint32_t, 8> generations_{};
};

}  // namespace testing_support

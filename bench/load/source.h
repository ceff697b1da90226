// One stream that a publisher sends: frames of some packets at a fixed rhythm, each frame at once,
// as a paced encoder gives them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crypto/srtp_cipher.h"
#include "load/datagrams.h"
#include "load/test_media.h"
#include "srtp/outbound_context.h"

namespace load {

// As many as go into one train.
inline constexpr size_t kMaxFramePackets = 44;

struct SourceOptions {
  size_t peer = 0;
  uint32_t ssrc = 0;
  bool is_video = true;
  double frames_per_s = 0;
  size_t frame_packets = 1;    // 1 to kMaxFramePackets
  size_t packet_bytes = 1200;  // the RTP packet before protection, 64 to 1400
  uint16_t height = 720;       // of the picture, whose form is 16:9
  // Numbers of header extensions; 0: without.
  uint8_t mid_id = 0;
  uint8_t rid_id = 0;
  uint8_t level_id = 0;
  uint8_t transport_cc_id = 0;
  char mid = '0';
  char rid = 'h';
  uint8_t level = 127;  // -dBov
};

// Protected packets of one frame, one behind the other: a train.
struct Frame {
  std::array<uint8_t, kMaxFramePackets * 1500> bytes;
  size_t size = 0;
  size_t segment = 0;
};

class Source {
 public:
  explicit Source(const SourceOptions& options);

  const SourceOptions& options() const { return options_; }
  // What is sent from now on; numbers and pictures go on.
  void change(const SourceOptions& options) { options_ = options; }

  void begin(int64_t now_ns);
  int64_t due_ns() const { return due_ns_; }
  // The frame that is due, protected by `context`; the next one is due an interval later.
  // `transport_sequence` goes on for all sources of a peer.
  void make_frame(crypto::SrtpCipher& cipher, srtp::OutboundContext& context,
                  uint16_t& transport_sequence, Frame& frame);
  // Leaves frames out that could not be sent in time, but for the last `limit_ns` of them.
  void skip_to(int64_t now_ns, int64_t limit_ns);
  void want_key_frame() { key_frame_wanted_ = true; }

 private:
  static constexpr size_t kMaxHeader = 40;

  size_t write_header(bool marker, uint16_t transport_sequence, std::span<uint8_t> out);
  int64_t interval_ns() const { return static_cast<int64_t>(1e9 / options_.frames_per_s); }

  SourceOptions options_;
  int64_t due_ns_ = 0;
  uint16_t sequence_ = 0;
  uint64_t number_ = 0;
  uint16_t picture_ = 0;
  bool key_frame_wanted_ = true;
  std::array<std::array<uint8_t, kMaxHeader>, kMaxFramePackets> headers_;
  std::array<std::array<uint8_t, kMaxMediaHead>, kMaxFramePackets> heads_;
  std::vector<crypto::ProtectJob> jobs_;
};

}  // namespace load

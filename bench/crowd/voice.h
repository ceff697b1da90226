// What one person sends: speech (50 packets/s of 100 B) or a small picture (15/s of 1200 B, about
// 150 kbit/s). Numbers and time go on whatever becomes of the transports that carry it; while a
// room moves there are two of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "crypto/srtp_cipher.h"
#include "srtp/outbound_context.h"

namespace crowd {

struct VoiceOptions {
  uint32_t stream = 0;  // upper half of each packet's number: who hears it knows whose it is
  bool is_video = false;
  char mid = '0';
  // Numbers of header extensions; 0: without.
  uint8_t mid_id = 0;
  uint8_t level_id = 0;
  uint8_t level = 20;  // -dBov
};

// A transport that carries it.
struct Leg {
  size_t transport = 0;
  uint32_t ssrc = 0;
  uint16_t sequence = 0;
};

class Voice {
 public:
  static constexpr size_t kLongest = 1200 + crypto::kMaxSrtpOverhead;

  explicit Voice(const VoiceOptions& options) : options_(options) {}

  void carry(std::vector<Leg> legs) { legs_ = std::move(legs); }
  std::span<Leg> legs() { return legs_; }
  const VoiceOptions& options() const { return options_; }

  void begin(int64_t now_ns) { due_ns_ = now_ns; }
  int64_t due_ns() const { return due_ns_; }
  uint64_t sent() const { return count_; }
  void want_key_frame() { key_frame_wanted_ = true; }

  // The packet that is due, protected for one of its legs. Empty: it was refused.
  std::span<const uint8_t> packet_for(Leg& leg, srtp::OutboundContext& context,
                                      crypto::SrtpCipher& cipher);
  // It has been sent; the next one is due an interval later. What could not be sent in time is left
  // out.
  void advance(int64_t now_ns);

 private:
  size_t write_header(Leg& leg, std::span<uint8_t> out) const;
  size_t write_head(int64_t sent_ns, std::span<uint8_t> out) const;
  int64_t interval_ns() const { return options_.is_video ? 66'666'667 : 20'000'000; }
  uint64_t number() const { return uint64_t{options_.stream} << 32 | count_; }

  VoiceOptions options_;
  std::vector<Leg> legs_;
  int64_t due_ns_ = 0;
  uint64_t count_ = 0;
  bool key_frame_wanted_ = true;
  std::array<uint8_t, kLongest> bytes_{};
};

}  // namespace crowd

// What was sent as what: the record from which a subscriber's NACK is answered with exactly the
// packet it missed, whatever the forwarder has switched to since (algorithms R3.27). Holds
// references to payloads, never copies. Rules: SPEC.md, [HIST-*].
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/prefetch.h"
#include "base/time.h"
#include "base/unwrapper.h"
#include "wire/out_packet.h"

namespace rtp {

// Packets remembered per stream, a power of two: 2 s of 8 Mbit/s. Each holds one received packet
// (2.1 kB, shared by all subscribers of the publication) and about 150 bytes of its own.
inline constexpr size_t kMaxHistoryPackets = 2048;
// How long, at least; three round trips when that is longer (libwebrtc's rule).
inline constexpr base::Duration kMinHistoryAge = base::Duration::millis(1000);
// Resends of one packet. Three suffice up to 10 % loss; five leave 0.03 % at 20 % (algorithms
// T7.1).
inline constexpr uint8_t kMaxResends = 5;
// A repeated NACK within a round trip crossed our answer; on a loopback path that would be no
// bound.
inline constexpr base::Duration kMinResendSpacing = base::Duration::millis(5);
// What precedes the newest key frame by no more than this many numbers is not resent: the decoder
// has moved on (algorithms R3.28). Further back, the number has come round again.
inline constexpr int64_t kKeyFrameReach = 2000;
// Padding repeats one of so many packets sent last.
inline constexpr int64_t kPaddingReach = 32;
// A smaller packet is not worth repeating as padding.
inline constexpr size_t kMinPaddingBody = 50;

// A resend that did not arrive.
struct LostResend {
  uint16_t sequence = 0;  // of the packet that it brought again
  uint8_t resends = 0;    // OutPacket::resends
  base::Instant sent_at;
};

class History {
 public:
  // `resends_all`: also what precedes a key frame, for whoever writes down every picture.
  explicit History(bool resends_all = false) : resends_all_(resends_all) {}

  // Asks for the place of the packet after the newest, and for the first ones that may have to go.
  void prefetch() const {
    if (entries_.empty()) return;
    prefetch_place(newest_ + 1);
    prefetch_place(oldest_);
    prefetch_place(oldest_ + 1);
  }
  // Remembers a packet that leaves for the first time. Numbers need not ascend (late packets); one
  // already remembered is replaced.
  void add(const wire::OutPacket& packet, base::Instant now);

  enum class Lookup : uint8_t { kFound, kUnknown, kTooSoon, kExhausted, kObsolete };
  struct Found {
    Lookup result = Lookup::kUnknown;
    wire::OutPacket packet;  // as it was sent, when kFound
  };
  // The packet sent as `sequence`, for one resend at `now`: the resend is counted.
  Found take_for_resend(uint16_t sequence, base::Duration rtt, base::Instant now);

  // A packet to repeat as padding: of those sent last the one that was repeated least, the largest
  // of these. nullopt when there is none.
  std::optional<wire::OutPacket> take_for_padding();

  // As take_for_resend, for a resend that left at `sent_at` and is known to be lost. kTooSoon when
  // it was not the last one.
  Found take_for_repeat(const LostResend& lost, base::Instant now);

  // Lets go of what was last sent longer ago than max(kMinHistoryAge, 3 rtt).
  void expire(base::Instant now, base::Duration rtt);
  // Lets go of what was last sent longer ago than `age`.
  void let_go(base::Instant now, base::Duration age);
  void clear();
  size_t size() const { return size_; }

 private:
  // A packet without what is the same for the whole stream, in one cache line: each packet sent
  // writes one, and it has long left the caches.
  struct alignas(64) Entry {
    base::PacketRef source;
    base::Instant first_sent_at;
    base::Instant last_sent_at;
    uint32_t timestamp = 0;
    uint16_t sequence = 0;
    uint16_t payload_offset = 0;
    uint16_t payload_size = 0;
    uint8_t payload_type = 0;
    uint8_t rtx_payload_type = 0;
    bool marker = false;
    bool used = false;
    bool has_rest = false;  // see Rest
    uint8_t resends = 0;
    uint8_t paddings = 0;
    uint8_t prefix_size = 0;
    uint8_t passed_count = 0;
    std::array<wire::PassedExtension, 3> passed;
    std::array<uint8_t, 6> prefix;

    size_t body_size() const { return size_t{prefix_size} + payload_size; }
  };
  static_assert(sizeof(Entry) == 64);
  // What an entry has no room for: most packets have none of it.
  struct Rest {
    std::array<wire::PassedExtension, wire::kMaxPassedExtensions> passed;
    std::array<uint8_t, wire::kMaxPayloadPrefix> prefix;
    wire::PassedDependency dependency;
  };

  Entry& place(int64_t sequence) { return entries_[index_of(sequence)]; }
  void prefetch_place(int64_t sequence) const { base::prefetch(entries_[index_of(sequence)]); }
  Entry* find(uint16_t sequence);
  bool is_obsolete(uint16_t sequence);
  Found take(Entry& entry, base::Instant now);
  size_t index_of(int64_t sequence) const {
    return static_cast<size_t>(sequence) & (entries_.size() - 1);
  }
  void store(const wire::OutPacket& packet, size_t index);
  wire::OutPacket restore(const Entry& entry);
  void note_source(const wire::OutPacket& packet, int64_t sequence);
  void grow_to_hold(size_t span);
  void forget(Entry& entry);

  base::SequenceUnwrapper numbers_;
  std::vector<Entry> entries_;  // a ring by number; doubles from kInitialCapacity to the bound
  std::vector<Rest> rests_;     // by the same index, once there is one
  wire::OutPacket look_;        // what is the same for all packets, as sent last
  int64_t oldest_ = 0;          // no entry below it
  int64_t newest_ = -1;
  // Where the newest key frame begins that continued its source, -1 = none known. One that began
  // another source does not count: the picture before it may still be on its way (T3.7).
  int64_t key_frame_ = -1;
  uint32_t source_ssrc_ = 0;  // of the newest packet
  bool resends_all_;
  size_t size_ = 0;
};

}  // namespace rtp

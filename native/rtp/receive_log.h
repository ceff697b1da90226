// What has arrived of one SSRC: extended sequence numbers, duplicates, loss and jitter
// (RFC 3550 §6.4.1, appendices A.1, A.3 and A.8). Rules: SPEC.md, [LOG-*].
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/media_clock.h"
#include "base/time.h"
#include "base/unwrapper.h"
#include "wire/rtcp_report_block.h"

namespace rtp {

// Numbers behind the highest one within which a late packet is told from a duplicate. Larger costs
// a bit per number and stream; smaller refuses packets that were repaired after a long outage.
inline constexpr int64_t kReorderWindow = 4096;
// A step of more than this ahead or back is not believed until a second packet confirms it: the
// sender may have restarted with new random numbers (RFC 3550 A.1, MAX_DROPOUT; algorithms R3.11).
inline constexpr int64_t kMaxForwardJump = 3000;
inline constexpr int64_t kMaxBackwardJump = 1500;

enum class Arrival : uint8_t {
  kAhead,      // newer than all before; `missing` numbers were skipped
  kLate,       // fills a gap
  kDuplicate,  // arrived before
  kTooOld,     // behind the window
  kUnlikely,   // a jump not believed yet: drop the packet
  kRestarted,  // the jump was confirmed: a new numbering begins, `generation` has changed
};

struct Placement {
  Arrival arrival = Arrival::kTooOld;
  int64_t sequence = 0;  // unwrapped; comparable within one generation only
  int64_t missing = 0;   // of kAhead: numbers between the highest before and this one

  // The packet goes on to subscribers.
  bool accepted() const {
    return arrival == Arrival::kAhead || arrival == Arrival::kLate ||
           arrival == Arrival::kRestarted;
  }
};

class ReceiveLog {
 public:
  // Places a packet received with `sequence`. `repaired` says that it came by RTX: it counts as
  // arrived, but not as received in loss statistics, and can neither jump nor restart.
  Placement handle_packet(uint16_t sequence, bool repaired);

  // One sample of interarrival jitter (A.8); only for packets that came in their own time, once per
  // timestamp. A step of more than 5 s is a clock reset and no sample.
  void sample_jitter(uint32_t timestamp, uint32_t clock_rate, base::Instant now);

  // The report since the last call: advances the interval of fraction_lost. `last_sr` and its delay
  // are the caller's. nullopt before the first packet.
  std::optional<wire::ReportBlock> report(uint32_t ssrc);

  // Counts up with every restart; forwarders treat another generation as another source.
  uint32_t generation() const { return generation_; }
  int64_t highest() const { return highest_; }
  bool started() const { return numbers_.started(); }
  // Of the whole stream, restarts included.
  uint64_t packets_received() const { return received_; }
  uint64_t packets_repaired() const { return repaired_; }
  uint64_t duplicates() const { return duplicates_; }
  // Expected minus received (RFC 3550 A.3), of the current generation.
  int64_t packets_lost() const;
  // Timestamp units.
  uint32_t jitter() const { return static_cast<uint32_t>(jitter_q4_ >> 4); }

 private:
  Placement start(uint16_t sequence, Arrival arrival, bool repaired);
  Placement advance(int64_t position, bool repaired);
  Placement fill(int64_t position, bool repaired);
  Placement doubt(uint16_t sequence);
  void count(bool repaired);
  static size_t slot(int64_t position) {
    return static_cast<size_t>(position) & (kReorderWindow - 1);
  }

  base::SequenceUnwrapper numbers_;
  std::bitset<kReorderWindow> seen_;  // by number modulo the window
  int64_t highest_ = 0;
  int64_t base_ = 0;                             // first number of the generation
  std::optional<uint16_t> expected_after_jump_;  // would confirm the jump seen last
  uint32_t generation_ = 0;

  uint64_t received_ = 0;
  uint64_t repaired_ = 0;
  uint64_t duplicates_ = 0;
  int64_t received_this_generation_ = 0;
  int64_t expected_prior_ = 0;
  int64_t received_prior_ = 0;

  struct JitterSample {
    uint32_t timestamp = 0;
    base::Instant at;
  };
  std::optional<JitterSample> last_sample_;
  int64_t jitter_q4_ = 0;  // jitter × 16
};

}  // namespace rtp

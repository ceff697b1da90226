// One SSRC sent to a subscriber, with its RTX: remembers what was sent, answers NACKs, makes the
// sender report and reads the subscriber's reports.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "rtp/history.h"
#include "rtp/reports.h"
#include "rtp/resend_budget.h"
#include "rtp/rtx.h"
#include "wire/codec_kind.h"
#include "wire/out_packet.h"
#include "wire/rtcp_nack.h"
#include "wire/rtcp_report_block.h"
#include "wire/rtcp_sender_report.h"

namespace rtp {

struct OutboundStreamConfig {
  uint32_t ssrc = 0;
  wire::MediaKind kind = wire::MediaKind::kVideo;
  // 0 = no RTX: NACKs are counted, not answered. A plain resend would protect another header under
  // the same SRTP nonce (RFC 7714 §8.4).
  uint32_t rtx_ssrc = 0;
  uint16_t first_rtx_sequence = 0;  // random (RFC 3550 §5.1)
  bool resends_all = false;         // see History
};

struct OutboundCounters {
  uint64_t packets_sent = 0;  // without retransmissions
  uint64_t bytes_sent = 0;    // payload, without retransmissions
  uint64_t retransmissions = 0;
  uint64_t retransmitted_bytes = 0;
  uint64_t nacks_received = 0;   // messages
  uint64_t history_misses = 0;   // numbers asked for that are not in the history
  uint64_t resends_refused = 0;  // too soon, too often, too late, or beyond the budget
  uint64_t padding_packets = 0;  // repeated packets among them
};

// What a receiver expected and missed between two of its reports.
struct Reception {
  uint32_t expected = 0;
  uint32_t lost = 0;  // at most `expected`
};

class OutboundStream {
 public:
  explicit OutboundStream(const OutboundStreamConfig& config);

  void prefetch() const { history_.prefetch(); }
  // A packet on its way from the forwarder to the pacer. Counts it, and remembers it when it can be
  // resent (it has an RTX payload type, and the stream an RTX SSRC).
  void handle_forwarded(const wire::OutPacket& packet, base::Instant now);

  // Appends the retransmissions that answer a NACK to `out` (not cleared), as many as `budget` has
  // room for; without a target the stream's own budget counts. False when something is beyond
  // repair: no room, or resent too often.
  bool handle_nack(wire::NackSequences sequences, base::Instant now, ResendBudget& budget,
                   std::vector<wire::OutPacket>& out);

  // A retransmission did not arrive: the same again, within the same bounds. libwebrtc may not ask
  // twice ([HIST-7]).
  bool handle_lost_resend(const LostResend& lost, base::Instant now, ResendBudget& budget,
                          std::vector<wire::OutPacket>& out);

  // One packet to fill up with: a recent one again by RTX when `wanted` bytes are worth it, else
  // padding alone. False when there cannot be any: without RTX, or before the first media packet,
  // whose timestamp the receiver must know (algorithms R1.12).
  bool make_padding(size_t wanted, wire::OutPacket& out);
  // When media was last handed over; Instant{} before.
  base::Instant last_forwarded_at() const { return last_forwarded_at_; }

  // A block about this SSRC. `compact_now`: middle 32 bits of our NTP time. Returns what it adds to
  // the one before.
  Reception handle_report_block(const wire::ReportBlock& block, uint32_t compact_now);

  // The SR that says: at our `ntp_now` the stream stood at `rtp_timestamp` (Forwarder::timestamp_at
  // gives it). nullopt when nothing was sent yet.
  std::optional<wire::SenderReport> sender_report(uint64_t ntp_now, uint32_t rtp_timestamp) const;

  // Drops what the history holds of a source that has ended. Sequence numbers go on.
  void clear_history() { history_.clear(); }
  // Drops what was last sent longer ago than `age`: its memory is needed.
  void shorten_history(base::Instant now, base::Duration age) { history_.let_go(now, age); }
  // Lets go of old packets; call about once a second on a stream that sends nothing.
  void handle_timeout(base::Instant now);

  uint32_t ssrc() const { return config_.ssrc; }
  uint32_t rtx_ssrc() const { return config_.rtx_ssrc; }
  const OutboundCounters& counters() const { return counters_; }
  const std::optional<wire::ReportBlock>& last_report() const { return last_report_; }
  std::optional<base::Duration> measured_rtt() const { return rtt_.value(); }

 private:
  base::Duration rtt() const { return rtt_.value_or(kDefaultRtt); }
  bool has_room(ResendBudget& budget, base::Instant now);
  bool resend(const History::Found& found, base::Instant now, ResendBudget& budget,
              std::vector<wire::OutPacket>& out);

  OutboundStreamConfig config_;
  History history_;
  RttEstimate rtt_;
  std::optional<wire::ReportBlock> last_report_;
  uint16_t next_rtx_sequence_;
  int64_t resend_budget_bytes_;
  base::Instant next_expiry_;
  base::Instant last_forwarded_at_;
  PaddingLook look_;
  OutboundCounters counters_;
};

}  // namespace rtp

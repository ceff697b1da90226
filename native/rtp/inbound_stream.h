// One SSRC received from a publisher, with its RTX: places packets, asks for missing ones, keeps
// the statistics of receiver reports and the tie of its timestamps to our clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/media_clock.h"
#include "base/time.h"
#include "base/unwrapper.h"
#include "rtp/nack_generator.h"
#include "rtp/receive_log.h"
#include "rtp/reports.h"
#include "wire/codec_kind.h"
#include "wire/rtcp_report_block.h"
#include "wire/rtcp_sender_report.h"
#include "wire/rtp.h"

namespace rtp {

// Numbers asked for in one message; the rest follows in the next.
inline constexpr size_t kMaxNackedAtOnce = 256;
// Header and, at worst, an item of 4 bytes for each number.
inline constexpr size_t kMaxNackMessageSize = 12 + 4 * kMaxNackedAtOnce;

// An older sender report no longer says what time it is at the publisher (algorithms E17).
inline constexpr base::Duration kMaxReportAge = base::Duration::seconds(10);

struct InboundStreamConfig {
  uint32_t ssrc = 0;
  wire::MediaKind kind = wire::MediaKind::kVideo;
  uint32_t clock_rate = 90000;  // > 0
  bool nack = false;            // negotiated for this stream
};

// Where a packet stands in its stream; what forwarders map from.
struct Received {
  Arrival arrival = Arrival::kTooOld;
  int64_t sequence = 0;     // unwrapped, of `generation`
  int64_t timestamp = 0;    // unwrapped, of `generation`
  uint32_t generation = 0;  // another one: another numbering and another time base
  bool accepted = false;    // false: drop (duplicate, too old, unlikely jump)
  bool repaired = false;    // came by RTX
};

struct InboundCounters {
  uint64_t bytes_received = 0;  // payload, RTX not included
  uint64_t rtx_received = 0;
  uint64_t nacks_sent = 0;  // messages
};

class InboundStream {
 public:
  explicit InboundStream(const InboundStreamConfig& config);

  // A packet of this SSRC, or one recovered from its RTX (`repaired`, see rtx.h).
  Received handle_packet(const wire::RtpView& view, bool repaired, base::Instant now);
  // A key frame begins with the packet that was just handled.
  void handle_key_frame(int64_t sequence) { nacks_.handle_key_frame(sequence); }
  void handle_sender_report(const wire::SenderReport& report, base::Instant now);

  // Missing packets are asked for only while somebody receives this stream; initially nobody.
  void set_repair_wanted(bool wanted);
  // Sound is worth as much when it comes late: it is asked for as video is.
  void set_patient(bool patient);

  // A NACK message that is due, 0 when there is none; call until it returns 0. `out` has at least
  // kMaxNackMessageSize bytes. `transport_rtt`: of the publisher's transport, when known.
  size_t write_nack(uint32_t sender_ssrc, std::optional<base::Duration> transport_rtt,
                    base::Instant now, std::span<uint8_t> out);
  // True once after packets were given up that a decoder cannot do without: request a key frame.
  bool take_needs_key_frame() { return nacks_.take_gave_up() && kind_ == wire::MediaKind::kVideo; }

  // Report block for the publisher (advances the loss interval); nullopt before the first packet.
  std::optional<wire::ReportBlock> report(base::Instant now);

  // When the media with this timestamp was captured, in our time; nullopt without a sender report
  // of the last kMaxReportAge. `clock`: of the publisher's transport, told of every sender report
  // of it.
  std::optional<base::Instant> captured_at(uint32_t timestamp, const RemoteClock& clock,
                                           base::Instant now) const;

  base::Instant next_deadline() const;

  uint32_t ssrc() const { return ssrc_; }
  wire::MediaKind kind() const { return kind_; }
  uint32_t clock_rate() const { return clock_rate_; }
  const ReceiveLog& log() const { return log_; }
  const InboundCounters& counters() const { return counters_; }
  base::Duration jitter() const { return base::duration_of_ticks(log_.jitter(), clock_rate_); }
  // never() before the first packet.
  base::Instant last_received() const { return last_received_; }
  // From NACK to repair, when measured: the only round trip towards a peer that only sends.
  const RttEstimate& repair_rtt() const { return repair_rtt_; }

 private:
  void track_missing(const Placement& placement, bool repaired, base::Instant now);

  uint32_t ssrc_;
  wire::MediaKind kind_;
  uint32_t clock_rate_;
  bool nack_;
  bool repair_wanted_ = false;
  ReceiveLog log_;
  NackGenerator nacks_;
  RttEstimate repair_rtt_;
  base::TimestampUnwrapper timestamps_;
  std::optional<wire::SenderReport> last_sr_;
  base::Instant last_sr_at_;
  base::Instant last_received_ = base::Instant::never();
  InboundCounters counters_;
};

}  // namespace rtp

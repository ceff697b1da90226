// The sending half of a transport: one OutboundStream per outbound track, its retransmissions and
// reports. What is to leave goes through the pacer; nothing is protected here.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/prefetch.h"
#include "base/random.h"
#include "base/time.h"
#include "rtp/outbound_stream.h"
#include "rtp/reports.h"
#include "transport/format.h"
#include "transport/output.h"
#include "transport/rtcp_writer.h"
#include "wire/out_packet.h"
#include "wire/rtcp_nack.h"
#include "wire/rtcp_report_block.h"

namespace transport {

struct OutboundConfig {
  uint32_t outbound = 0;  // the owner's number
  wire::MediaKind kind = wire::MediaKind::kVideo;
  std::string mid;
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;  // 0: no RTX
  std::string cname;      // of SDES, at most 255 bytes
  std::vector<Codec> codecs;
  bool resends_all = false;  // see rtp::History
};

class SentTrack {
 public:
  SentTrack(OutboundConfig config, base::Random& random);

  const OutboundConfig& config() const { return config_; }
  const rtp::OutboundStream& stream() const { return stream_; }
  uint8_t payload_type() const { return payload_type_; }
  // Of the codec sent last, Hz.
  uint32_t clock_rate() const;
  uint64_t key_frame_requests() const { return key_frame_requests_; }

  // Asks for what sending the next packet reads, and then for what that points to.
  void prefetch() const { base::prefetch_bytes(&stream_, this + 1); }
  void prefetch_ahead() const { stream_.prefetch(); }
  // Counts and remembers a packet that is about to be paced.
  void handle_forwarded(const wire::OutPacket& packet, base::Instant now);
  // The source ends: its packets will not be asked for any more.
  void clear_history() { stream_.clear_history(); }
  void shorten_history(base::Instant now, base::Duration age) { stream_.shorten_history(now, age); }

 private:
  friend class Sender;

  OutboundConfig config_;
  rtp::OutboundStream stream_;
  uint8_t payload_type_ = kNoPayloadType;
  uint64_t key_frame_requests_ = 0;
};

class Sender {
 public:
  // `audio_reports`: how often sound reports; video each second.
  explicit Sender(base::Random& random, base::Duration audio_reports = rtp::kAudioReportInterval)
      : random_(random), audio_reports_(audio_reports) {}

  // Stays where it is until removed; nullptr when an SSRC or the number is taken.
  SentTrack* add(OutboundConfig config, base::Instant now);
  void remove(uint32_t outbound);

  // The controller's target, of which retransmissions may take half; 0 = none.
  void set_target(int64_t target_bps) { resend_budget_.set_target(target_bps); }

  // What a receiver says about one of our SSRCs; about others nothing happens.
  // Appends retransmissions to `resends`. Video that may not be repaired whole is not waited for: a
  // key frame is wanted (R7.6).
  void handle_nack(uint32_t ssrc, wire::NackSequences sequences, base::Instant now,
                   std::vector<wire::OutPacket>& resends, Output& out);
  // A retransmission did not arrive; the same holds for its successor.
  void handle_lost_resend(uint32_t rtx_ssrc, const rtp::LostResend& lost, base::Instant now,
                          std::vector<wire::OutPacket>& resends, Output& out);
  void handle_report_block(const wire::ReportBlock& block, uint32_t compact_now, Output& out);
  void handle_key_frame_request(uint32_t ssrc, Output& out);

  // A packet of about `wanted` bytes to fill up with, on the RTX of the track that sent last. False
  // when no track can.
  bool make_padding(size_t wanted, wire::OutPacket& packet);

  // Names the tracks whose report is due in `out.reports_due`.
  void handle_timeout(base::Instant now, Output& out);
  // The track's next report is due now: another source or encoding has begun on it.
  void hasten_report(uint32_t outbound, base::Instant now);
  // SR and SDES of one track: at `ntp_now` it stood at `rtp_timestamp`. Nothing before its first
  // packet.
  void write_report(uint32_t outbound, uint64_t ntp_now, uint32_t rtp_timestamp,
                    RtcpWriter& writer) const;
  // BYE for an SSRC that will not be used any more.
  void write_bye(uint32_t outbound, RtcpWriter& writer) const;
  base::Instant next_deadline() const { return deadline_; }

  // The round trip as any of the tracks measured it; nullopt before.
  std::optional<base::Duration> rtt() const;

 private:
  // What tracks are looked for by, and when their reports are due, side by side: searching and
  // planning go over all of them, and each track has some kilobytes.
  struct Entry {
    uint32_t outbound;
    uint32_t ssrc;
    uint32_t rtx_ssrc;  // 0: none
    rtp::ReportSchedule reports;
    std::unique_ptr<SentTrack> track;
  };

  // `resend` appends to `resends` and says whether all can be repaired.
  template <typename Resend>
  void answer(SentTrack* track, const std::vector<wire::OutPacket>& resends, Output& out,
              Resend&& resend);
  Entry* find(uint32_t outbound);
  SentTrack* find_track(uint32_t outbound) const;
  SentTrack* find_ssrc(uint32_t ssrc) const;
  bool uses_ssrc(uint32_t ssrc) const;
  void plan();

  base::Random& random_;
  base::Duration audio_reports_;
  rtp::ResendBudget resend_budget_;
  std::vector<Entry> tracks_;
  base::Instant deadline_ = base::Instant::never();
};

}  // namespace transport

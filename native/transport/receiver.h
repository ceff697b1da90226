// The receiving half of a transport: places every RTP packet in its track and encoding, recovers
// RTX, and tells the publisher what arrived (RR, transport-wide feedback), what is missing (NACK)
// and when a key frame is needed (PLI, FIR).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/number_map.h"
#include "base/packet.h"
#include "base/random.h"
#include "base/time.h"
#include "rtp/inbound_stream.h"
#include "rtp/key_frame_requests.h"
#include "rtp/reports.h"
#include "rtp/twcc_arrivals.h"
#include "transport/format.h"
#include "transport/output.h"
#include "transport/rtcp_writer.h"
#include "transport/ssrc_router.h"
#include "wire/rtcp_report_block.h"
#include "wire/rtcp_sender_report.h"

namespace transport {

// Encodings of one track: three simulcast layers and a spare. More is refused.
inline constexpr size_t kMaxEncodings = 4;
// A stream without packets for this long has ended until the next one (algorithms R5.2: Opus DTX
// sends at least every 400 ms).
inline constexpr base::Duration kSilenceTimeout = base::Duration::seconds(5);

struct EncodingConfig {
  std::string rid;        // empty without simulcast
  uint32_t ssrc = 0;      // 0: learned from MID and RID
  uint32_t rtx_ssrc = 0;  // 0: learned or none
};

struct TrackConfig {
  uint32_t track = 0;  // the owner's number
  wire::MediaKind kind = wire::MediaKind::kVideo;
  std::string mid;
  std::vector<Codec> codecs;
  std::vector<EncodingConfig> encodings;  // 1 to kMaxEncodings
};

class ReceivedEncoding {
 public:
  ReceivedEncoding(EncodingId id, const EncodingConfig& config)
      : id_(id),
        ssrc_(config.ssrc),
        rtx_ssrc_(config.rtx_ssrc),
        key_frame_requests_(id.encoding == 0 ? rtp::kKeyFrameSpacing : rtp::kHighKeyFrameSpacing) {}

  EncodingId id() const { return id_; }
  // 0 before the first packet of an unsignalled SSRC.
  uint32_t ssrc() const { return ssrc_; }
  uint8_t payload_type() const { return payload_type_; }
  uint64_t plis_sent() const { return plis_sent_; }
  uint64_t key_frames() const { return key_frames_; }
  // Asked for, and none has begun since.
  bool key_frame_wanted() const { return key_frame_requests_.wanted(); }
  // nullptr before the first packet.
  const rtp::InboundStream* stream() const { return stream_ ? &*stream_ : nullptr; }

 private:
  friend class Receiver;

  EncodingId id_;
  uint32_t ssrc_;
  uint32_t rtx_ssrc_;
  uint8_t payload_type_ = kNoPayloadType;
  uint8_t fir_sequence_ = 0;
  bool live_ = false;
  bool wanted_ = false;
  uint64_t plis_sent_ = 0;
  uint64_t key_frames_ = 0;
  rtp::KeyFrameRequests key_frame_requests_;
  std::optional<rtp::InboundStream> stream_;
};

class Receiver {
 public:
  // At most `max_ssrcs` at a time, media and RTX.
  Receiver(base::Random& random, base::Instant now, size_t max_ssrcs = kMaxSsrcs);

  // False when an SSRC is taken or there are too many; nothing is added then.
  bool add(TrackConfig config);
  // Also ends what its streams were; the owner knows.
  void remove(uint32_t track);
  void set_extensions(const wire::ExtensionMap& receive);
  void set_feedback_interval(base::Duration interval) { arrivals_.set_interval(interval); }

  // Asks for what the next packet of this SSRC needs.
  void prefetch_stream(uint32_t ssrc) const;
  // A decrypted RTP packet; gives `out.media` when it is to be forwarded.
  void handle_rtp(base::PacketRef packet, base::Instant now, Output& out);
  void handle_sender_report(const wire::SenderReport& report, base::Instant now);
  void handle_bye(uint32_t ssrc, Output& out);

  // Somebody needs a key frame of this encoding; throttled here, for all who ask.
  void request_key_frame(EncodingId id, base::Instant now);
  // Nobody needs it any more.
  void cancel_key_frame(EncodingId id);
  // A key frame begins with the packet numbered `sequence`.
  void handle_key_frame(EncodingId id, int64_t sequence);
  // Whether anybody receives this encoding: only then are missing packets asked for.
  void set_wanted(EncodingId id, bool wanted);
  // Whether somebody has a use for sound that comes late.
  void set_patient(uint32_t track, bool patient);

  void handle_timeout(base::Instant now, RtcpWriter& writer, Output& out);
  // Says nothing but that we are here.
  void write_empty_report(RtcpWriter& writer) const;
  base::Instant next_deadline() const { return deadline_; }

  // nullptr when unknown.
  const ReceivedEncoding* find(EncodingId id) const;
  size_t tracks() const { return tracks_.size(); }

 private:
  struct Track {
    TrackConfig config;
    std::vector<ReceivedEncoding> encodings;
    bool is_patient = false;
  };

  Track* find_track(uint32_t track) const;
  ReceivedEncoding* find_encoding(EncodingId id) const;
  ReceivedEncoding* find_ssrc(uint32_t ssrc) const;
  bool bind_signalled(const TrackConfig& config);
  const SsrcRoute* route(const wire::RtpView& view, Counters& counters);
  const Codec* recover(const Track& track, ReceivedEncoding& encoding, base::PacketRef& packet,
                       wire::RtpView& view, Counters& counters) const;
  void note_arrival(const wire::RtpView& view, size_t size, base::Instant now);
  void start(const Track& track, ReceivedEncoding& encoding, const Codec& codec, uint32_t ssrc);
  void announce(ReceivedEncoding& encoding, const Codec& codec, Output& out) const;
  void accept(ReceivedEncoding& encoding, const Codec& codec, const wire::RtpView& view,
              bool repaired, base::PacketRef packet, base::Instant now, Output& out);
  void write_reports(base::Instant now, RtcpWriter& writer);
  void write_feedback(base::Instant now, RtcpWriter& writer, Counters& counters);
  void service(const Track& track, ReceivedEncoding& encoding, base::Instant now,
               RtcpWriter& writer, Output& out);
  void write_key_frame_request(const Track& track, ReceivedEncoding& encoding, RtcpWriter& writer,
                               Counters& counters) const;
  void wake_by(base::Instant at) { deadline_ = std::min(deadline_, at); }
  void plan();

  std::vector<std::unique_ptr<Track>> tracks_;
  base::NumberMap<Track*> by_number_;
  std::vector<wire::ReportBlock> blocks_;  // reused by every report
  SsrcRouter router_;
  wire::ExtensionMap extensions_;
  rtp::RemoteClock remote_clock_;
  rtp::TwccArrivals arrivals_;
  base::Random& random_;
  rtp::ReportSchedule reports_;
  uint32_t own_ssrc_;  // sender of our RTCP
  uint32_t last_media_ssrc_ = 0;
  base::Instant deadline_ = base::Instant::never();
};

}  // namespace transport

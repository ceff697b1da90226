#include "transport/receiver.h"

#include <utility>

#include "rtp/rtx.h"

namespace transport {

Receiver::Receiver(base::Random& random, base::Instant now, size_t max_ssrcs)
    : router_(max_ssrcs),
      random_(random),
      reports_(rtp::kVideoReportInterval, random, now),
      own_ssrc_(random.u32()) {}

bool Receiver::add(TrackConfig config) {
  if (config.encodings.empty() || config.encodings.size() > kMaxEncodings) return false;
  TrackIdentity identity{config.track, config.mid, {}, config.codecs};
  for (const EncodingConfig& encoding : config.encodings) identity.rids.push_back(encoding.rid);
  router_.add(std::move(identity));
  if (!bind_signalled(config)) {
    router_.remove(config.track);
    return false;
  }
  auto track = std::make_unique<Track>();
  for (size_t i = 0; i < config.encodings.size(); ++i) {
    track->encodings.emplace_back(EncodingId{config.track, static_cast<uint8_t>(i)},
                                  config.encodings[i]);
  }
  track->config = std::move(config);
  by_number_.set(track->config.track, track.get());
  tracks_.push_back(std::move(track));
  return true;
}

bool Receiver::bind_signalled(const TrackConfig& config) {
  for (size_t i = 0; i < config.encodings.size(); ++i) {
    const EncodingConfig& encoding = config.encodings[i];
    const auto index = static_cast<uint8_t>(i);
    if (encoding.ssrc != 0 && !router_.bind(encoding.ssrc, {config.track, index, false})) {
      return false;
    }
    if (encoding.rtx_ssrc != 0 && !router_.bind(encoding.rtx_ssrc, {config.track, index, true})) {
      return false;
    }
  }
  return true;
}

void Receiver::remove(uint32_t track) {
  router_.remove(track);
  by_number_.erase(track);
  std::erase_if(tracks_, [track](const auto& it) { return it->config.track == track; });
}

void Receiver::set_extensions(const wire::ExtensionMap& receive) {
  extensions_ = receive;
  router_.set_extensions(receive);
}

void Receiver::prefetch_stream(uint32_t ssrc) const {
  arrivals_.prefetch_next();
  const SsrcRoute* route = router_.find(ssrc);
  if (route == nullptr) return;
  const Track* track = find_track(route->track);
  if (track != nullptr) base::prefetch(track->encodings[route->encoding]);
}

void Receiver::handle_rtp(base::PacketRef packet, base::Instant now, Output& out) {
  wire::RtpView view;
  if (wire::parse_rtp(packet.bytes(), view) != wire::ParseError::kNone) {
    out.counters->drop(&Counters::dropped_malformed_rtp);
    return;
  }
  note_arrival(view, packet.bytes().size(), now);
  const SsrcRoute* route = this->route(view, *out.counters);
  if (route == nullptr) return;
  Track& track = *find_track(route->track);
  ReceivedEncoding& encoding = track.encodings[route->encoding];
  const bool repaired = route->rtx;
  const Codec* codec = repaired ? recover(track, encoding, packet, view, *out.counters)
                                : find_codec(track.config.codecs, view.payload_type);
  if (codec == nullptr) {
    if (!repaired) out.counters->drop(&Counters::dropped_unknown_payload_type);
    return;
  }
  if (!repaired) {
    start(track, encoding, *codec, view.ssrc);
    if (!encoding.live_ || encoding.payload_type_ != codec->payload_type) {
      announce(encoding, *codec, out);
    }
  }
  accept(encoding, *codec, view, repaired, std::move(packet), now, out);
}

const SsrcRoute* Receiver::route(const wire::RtpView& view, Counters& counters) {
  if (const SsrcRoute* known = router_.find(view.ssrc)) return known;
  SsrcRouter::Refusal refusal = SsrcRouter::Refusal::kNone;
  const SsrcRoute* learned = router_.learn(view, refusal);
  if (refusal == SsrcRouter::Refusal::kUnknown) counters.drop(&Counters::dropped_unknown_ssrc);
  if (refusal == SsrcRouter::Refusal::kTooMany) counters.drop(&Counters::dropped_too_many_ssrcs);
  return learned;
}

// Undoes RTX in place (RFC 4588 §4). nullptr for bandwidth probes, which carry nothing, and for
// repairs of a stream that has not begun.
const Codec* Receiver::recover(const Track& track, ReceivedEncoding& encoding,
                               base::PacketRef& packet, wire::RtpView& view,
                               Counters& counters) const {
  ++counters.rtx_received;
  const Codec* codec = find_repaired_codec(track.config.codecs, view.payload_type);
  if (codec == nullptr) {
    counters.drop(&Counters::dropped_unknown_payload_type);
    return nullptr;
  }
  if (!encoding.stream_) {
    counters.drop(&Counters::dropped_unknown_ssrc);
    return nullptr;
  }
  if (!rtp::recover_original(packet, view, encoding.ssrc_, codec->payload_type)) return nullptr;
  return codec;
}

void Receiver::note_arrival(const wire::RtpView& view, size_t size, base::Instant now) {
  last_media_ssrc_ = view.ssrc;
  const uint8_t id = extensions_.id_of(wire::ExtensionKind::kTransportCc);
  if (id == 0) return;
  const auto value = view.extensions().find(id);
  if (!value) return;
  if (const auto sequence = wire::read_transport_sequence(*value)) {
    arrivals_.handle_packet(*sequence, size, now);
    wake_by(arrivals_.next_deadline());
  }
}

// A new SSRC of an encoding is a new stream: other numbers, other time base.
void Receiver::start(const Track& track, ReceivedEncoding& encoding, const Codec& codec,
                     uint32_t ssrc) {
  if (encoding.stream_ && encoding.stream_->ssrc() == ssrc) return;
  encoding.ssrc_ = ssrc;
  encoding.live_ = false;
  encoding.stream_.emplace(rtp::InboundStreamConfig{
      .ssrc = ssrc, .kind = track.config.kind, .clock_rate = codec.clock_rate, .nack = codec.nack});
  encoding.stream_->set_repair_wanted(encoding.wanted_);
  encoding.stream_->set_patient(track.is_patient);
  wake_by(reports_.next_deadline());
}

void Receiver::announce(ReceivedEncoding& encoding, const Codec& codec, Output& out) const {
  encoding.live_ = true;
  encoding.payload_type_ = codec.payload_type;
  out.streams_started.push_back({encoding.id_, encoding.ssrc_, codec.payload_type, codec.kind});
}

void Receiver::accept(ReceivedEncoding& encoding, const Codec& codec, const wire::RtpView& view,
                      bool repaired, base::PacketRef packet, base::Instant now, Output& out) {
  const rtp::Received received = encoding.stream_->handle_packet(view, repaired, now);
  wake_by(encoding.stream_->next_deadline());
  if (!received.accepted) {
    out.counters->drop(&Counters::dropped_duplicate);
    return;
  }
  out.media =
      Media{.stream = encoding.id_,
            .packet = std::move(packet),
            .view = view,
            .place = received,
            .codec = &codec,
            .captured_at = encoding.stream_->captured_at(view.timestamp, remote_clock_, now)};
}

void Receiver::handle_sender_report(const wire::SenderReport& report, base::Instant now) {
  ReceivedEncoding* encoding = find_ssrc(report.ssrc);
  if (encoding == nullptr || !encoding->stream_) return;
  remote_clock_.handle_sender_report(report.ntp_time, now);
  encoding->stream_->handle_sender_report(report, now);
}

void Receiver::handle_bye(uint32_t ssrc, Output& out) {
  ReceivedEncoding* encoding = find_ssrc(ssrc);
  if (encoding == nullptr || !encoding->live_) return;
  encoding->live_ = false;
  out.streams_ended.push_back({encoding->id_, ssrc, StreamEndReason::kBye});
}

void Receiver::request_key_frame(EncodingId id, base::Instant now) {
  ReceivedEncoding* encoding = find_encoding(id);
  if (encoding == nullptr || encoding->ssrc_ == 0) return;
  encoding->key_frame_requests_.request(now);
  wake_by(encoding->key_frame_requests_.next_deadline());
}

void Receiver::cancel_key_frame(EncodingId id) {
  ReceivedEncoding* encoding = find_encoding(id);
  if (encoding != nullptr) encoding->key_frame_requests_.cancel();
}

void Receiver::handle_key_frame(EncodingId id, int64_t sequence) {
  ReceivedEncoding* encoding = find_encoding(id);
  if (encoding == nullptr || !encoding->stream_) return;
  ++encoding->key_frames_;
  encoding->key_frame_requests_.handle_key_frame();
  encoding->stream_->handle_key_frame(sequence);
}

void Receiver::set_wanted(EncodingId id, bool wanted) {
  ReceivedEncoding* encoding = find_encoding(id);
  if (encoding == nullptr) return;
  encoding->wanted_ = wanted;
  if (encoding->stream_) encoding->stream_->set_repair_wanted(wanted);
}

void Receiver::set_patient(uint32_t number, bool patient) {
  Track* track = find_track(number);
  if (track == nullptr) return;
  track->is_patient = patient;
  for (ReceivedEncoding& encoding : track->encodings) {
    if (encoding.stream_) encoding.stream_->set_patient(patient);
  }
}

const ReceivedEncoding* Receiver::find(EncodingId id) const { return find_encoding(id); }

Receiver::Track* Receiver::find_track(uint32_t track) const {
  Track* const* found = by_number_.find(track);
  return found == nullptr ? nullptr : *found;
}

ReceivedEncoding* Receiver::find_encoding(EncodingId id) const {
  Track* track = find_track(id.track);
  if (track == nullptr || id.encoding >= track->encodings.size()) return nullptr;
  return &track->encodings[id.encoding];
}

ReceivedEncoding* Receiver::find_ssrc(uint32_t ssrc) const {
  const SsrcRoute* route = router_.find(ssrc);
  if (route == nullptr || route->rtx) return nullptr;
  return find_encoding({route->track, route->encoding});
}

}  // namespace transport

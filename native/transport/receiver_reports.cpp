// What a receiver says to its publisher, and when.
#include <algorithm>

#include "transport/receiver.h"
#include "wire/rtcp_fir.h"
#include "wire/rtcp_pli.h"
#include "wire/rtcp_receiver_report.h"

namespace transport {

void Receiver::handle_timeout(base::Instant now, RtcpWriter& writer, Output& out) {
  if (now < deadline_) return;
  if (reports_.take_due(random_, now)) write_reports(now, writer);
  write_feedback(now, writer, *out.counters);
  for (const auto& track : tracks_) {
    for (ReceivedEncoding& encoding : track->encodings) {
      service(*track, encoding, now, writer, out);
    }
  }
  plan();
}

// As many reports as the blocks of all streams need (RFC 3550 §6.4.2).
void Receiver::write_reports(base::Instant now, RtcpWriter& writer) {
  blocks_.clear();
  for (const auto& track : tracks_) {
    for (ReceivedEncoding& encoding : track->encodings) {
      if (!encoding.stream_) continue;
      if (const auto block = encoding.stream_->report(now)) blocks_.push_back(*block);
    }
  }
  for (size_t at = 0; at < blocks_.size(); at += wire::kMaxReportBlocks) {
    const size_t count = std::min(wire::kMaxReportBlocks, blocks_.size() - at);
    writer.add([&](std::span<uint8_t> space) {
      return wire::write_receiver_report({own_ssrc_}, std::span(blocks_).subspan(at, count), space);
    });
  }
}

void Receiver::write_empty_report(RtcpWriter& writer) const {
  writer.add([&](std::span<uint8_t> space) {
    return wire::write_receiver_report({own_ssrc_}, {}, space);
  });
}

void Receiver::write_feedback(base::Instant now, RtcpWriter& writer, Counters& counters) {
  while (arrivals_.next_deadline() <= now) {
    const bool written = writer.add([&](std::span<uint8_t> space) {
      return arrivals_.write_feedback(now, own_ssrc_, last_media_ssrc_, space);
    });
    if (!written) return;
    ++counters.twcc_feedback_sent;
  }
}

// NACKs, key frame requests and silence of one stream.
void Receiver::service(const Track& track, ReceivedEncoding& encoding, base::Instant now,
                       RtcpWriter& writer, Output& out) {
  if (!encoding.stream_) return;
  rtp::InboundStream& stream = *encoding.stream_;
  while (writer.add([&](std::span<uint8_t> space) {
    return stream.write_nack(own_ssrc_, std::nullopt, now, space);
  })) {
    ++out.counters->nack_sent;
  }
  if (stream.take_needs_key_frame()) encoding.key_frame_requests_.request(now);
  if (encoding.key_frame_requests_.take_due(now)) {
    write_key_frame_request(track, encoding, writer, *out.counters);
  }
  if (encoding.live_ && now - stream.last_received() >= kSilenceTimeout) {
    encoding.live_ = false;
    out.streams_ended.push_back({encoding.id_, encoding.ssrc_, StreamEndReason::kSilent});
  }
}

// PLI where negotiated, else FIR (RFC 5104 §4.3.1), else the publisher cannot be asked.
void Receiver::write_key_frame_request(const Track& track, ReceivedEncoding& encoding,
                                       RtcpWriter& writer, Counters& counters) const {
  const Codec* codec = find_codec(track.config.codecs, encoding.payload_type_);
  if (codec == nullptr || (!codec->pli && !codec->fir)) return;
  writer.add([&](std::span<uint8_t> space) {
    if (codec->pli) return wire::write_pli({own_ssrc_, encoding.ssrc_}, space);
    const wire::FirEntry entry{encoding.ssrc_, encoding.fir_sequence_};
    return wire::write_fir(own_ssrc_, {&entry, 1}, space);
  });
  if (!codec->pli) ++encoding.fir_sequence_;
  ++encoding.plis_sent_;
  ++counters.pli_sent;
}

void Receiver::plan() {
  deadline_ = arrivals_.next_deadline();
  for (const auto& track : tracks_) {
    for (const ReceivedEncoding& encoding : track->encodings) {
      if (!encoding.stream_) continue;
      wake_by(reports_.next_deadline());
      wake_by(encoding.stream_->next_deadline());
      wake_by(encoding.key_frame_requests_.next_deadline());
      if (encoding.live_) wake_by(encoding.stream_->last_received() + kSilenceTimeout);
    }
  }
}

}  // namespace transport

#include "load/sink.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "load/fixed_keys.h"
#include "load/test_media.h"
#include "wire/demux.h"
#include "wire/rtp.h"

namespace load {

void Sink::handle_media(const Arrival& arrival, Association& association, Received& sums) {
  const std::span<uint8_t> datagram = arrival.datagram;
  if (wire::classify(datagram) == wire::PacketKind::kRtcp) {
    ++sums.rtcp;
    return;
  }
  if (datagram.size() < wire::kRtpFixedHeaderSize) return;
  ++sums.packets;
  sums.bytes += datagram.size();
  if (arrival.in_train) ++sums.in_trains;
  if (transport_cc_id_ != 0) note_arrival(arrival);
  if ((datagram[1] & 0x7f) == kVideoRtxPayloadType) {
    ++sums.repeats;
    return;
  }
  const uint32_t ssrc = base::load_u32(&datagram[8]);
  count(ssrc, base::load_u16(&datagram[2]));
  if (is_observed_) observe(arrival, ssrc, association, sums);
}

void Sink::note_arrival(const Arrival& arrival) {
  wire::RtpView view;
  if (wire::parse_rtp_header(arrival.datagram, view) != wire::ParseError::kNone) return;
  const auto value = view.extensions().find(transport_cc_id_);
  const auto number = value ? wire::read_transport_sequence(*value) : std::nullopt;
  if (!number) return;
  arrivals_.handle_packet(*number, arrival.datagram.size(), base::Instant{arrival.at_ns / 1000});
}

void Sink::count(uint32_t ssrc, uint16_t sequence) {
  const auto known = std::ranges::find(streams_, ssrc, &StreamCount::ssrc);
  if (known == streams_.end()) {
    streams_.push_back({.ssrc = ssrc,
                        .highest = sequence,
                        .received = 1,
                        .marked_highest = sequence - 1,
                        .marked_received = 0});
    return;
  }
  const auto ahead = static_cast<int16_t>(sequence - static_cast<uint16_t>(known->highest));
  if (ahead > 0) known->highest += ahead;
  ++known->received;
}

void Sink::observe(const Arrival& arrival, uint32_t ssrc, Association& association,
                   Received& sums) {
  const bool from_ideal = is_from_ideal(ssrc);
  if (!from_ideal && !association.is_connected()) return;
  srtp::InboundContext& context = from_ideal ? *ideal_ : association.inbound();
  const srtp::Unprotected plain = context.unprotect_rtp(arrival.datagram);
  wire::RtpView view;
  if (plain.result != srtp::Result::kOk) {
    ++sums.undecryptable;
    return;
  }
  if (wire::parse_rtp(plain.packet, view) != wire::ParseError::kNone) {
    ++sums.corrupted;
    return;
  }
  if (view.payload_size == 0) {
    ++sums.repeats;
    return;
  }
  const auto stamp = verify_media(view.payload(), view.payload_type);
  if (!stamp) {
    ++sums.corrupted;
    return;
  }
  ++sums.verified;
  if (arrival.at_ns != 0) sums.delay_ns.add(arrival.at_ns - stamp->sent_ns);
}

void Sink::mark(Received& sums) {
  for (StreamCount& stream : streams_) {
    sums.expected += static_cast<uint64_t>(stream.highest - stream.marked_highest);
    sums.in_order += static_cast<uint64_t>(stream.received - stream.marked_received);
    stream.marked_highest = stream.highest;
    stream.marked_received = stream.received;
  }
}

}  // namespace load

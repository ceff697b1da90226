#include "testing/meeting.h"

#include <array>
#include <span>
#include <utility>

#include "rtp/reports.h"
#include "wire/rtcp.h"
#include "wire/rtcp_sender_report.h"
#include "wire/rtp_extensions.h"

namespace testing_support {

namespace {

constexpr size_t kPayloadSize = 900;
constexpr uint32_t kFrameTicks = 3600;  // 25 frames a second at 90 kHz
constexpr int64_t kUnixOffsetUs = 1'700'000'000'000'000;

std::span<const uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

const std::vector<engine::Extension>& extensions() {
  static const std::vector<engine::Extension> list{
      {kMidId, engine::ExtensionKind::kMid},
      {kRidId, engine::ExtensionKind::kRid},
      {kRepairedRidId, engine::ExtensionKind::kRepairedRid},
      {kTransportCcId, engine::ExtensionKind::kTransportCc},
      {kAudioLevelId, engine::ExtensionKind::kAudioLevel}};
  return list;
}

engine::Codec video_codec(uint8_t payload_type, engine::CodecKind kind, uint16_t format) {
  return {.payload_type = payload_type,
          .codec = kind,
          .clock_rate = 90000,
          .channels = 0,
          .rtx_payload_type = static_cast<uint8_t>(payload_type + 1),
          .format = format,
          .nack = true,
          .pli = true,
          .fir = true,
          .transport_cc = true};
}

// X and S set, a 15-bit picture id (RFC 7741 §4.2), then the frame header's inverse key frame bit
// and a number that tells packets apart.
Bytes vp8_payload(bool first, bool key_frame, uint16_t picture, uint16_t number) {
  Bytes payload(kPayloadSize, 0x5a);
  payload[0] = first ? 0x90 : 0x80;
  payload[1] = 0x80;
  base::store_u16(&payload[2], picture | 0x8000);
  payload[4] = key_frame ? 0x00 : 0x01;
  base::store_u16(&payload[5], number);
  return payload;
}

// The stream stands at `timestamp` now.
void send_report(VirtualPeer& peer, uint32_t ssrc, uint32_t timestamp, base::Instant now) {
  Bytes packet(64);
  const size_t size =
      wire::write_sender_report({.ssrc = ssrc,
                                 .ntp_time = rtp::ntp_from_unix(now.us + kUnixOffsetUs),
                                 .rtp_timestamp = timestamp,
                                 .packet_count = 1,
                                 .octet_count = 1},
                                {}, packet);
  peer.send_rtcp(std::span(packet).first(size));
}

}  // namespace

engine::Codec vp8_codec() { return video_codec(kVp8, engine::CodecKind::kVp8, kVp8Format); }
engine::Codec h264_codec() { return video_codec(kH264, engine::CodecKind::kH264, kH264Format); }
engine::Codec opus_codec() {
  return {.payload_type = kOpus,
          .codec = engine::CodecKind::kOpus,
          .clock_rate = 48000,
          .channels = 2,
          .rtx_payload_type = 255,
          .format = kOpusFormat,
          .nack = false,
          .pli = false,
          .fir = false,
          .transport_cc = true};
}

void VideoSource::send_frame(VirtualPeer& peer, bool key_frame) {
  picture_ = static_cast<uint16_t>((picture_ + 1) & 0x7fff);
  send_packet(peer, true, false, key_frame);
  send_packet(peer, false, true, key_frame);
  timestamp_ += kFrameTicks;
}

void VideoSource::send_packet(VirtualPeer& peer, bool first, bool last, bool key_frame) {
  Sent sent{{.timestamp = timestamp_,
             .ssrc = ssrc_,
             .sequence = sequence_,
             .payload_type = kVp8,
             .marker = last},
            vp8_payload(first, key_frame, picture_, sequence_)};
  ++sequence_;
  const auto number = wire::write_transport_sequence(transport_sequence_++);
  const std::array<wire::ExtensionElement, 2> elements{
      {{kMidId, as_bytes(mid_)}, {kTransportCcId, number}}};
  peer.send_rtp(sent.header, elements, sent.payload);
  sent_.push_back(std::move(sent));
}

void VideoSource::resend(VirtualPeer& peer, uint16_t sequence, uint32_t rtx_ssrc) {
  for (const Sent& sent : sent_) {
    if (sent.header.sequence != sequence) continue;
    wire::RtpHeader header = sent.header;
    header.ssrc = rtx_ssrc;
    header.payload_type = kVp8Rtx;
    header.sequence = rtx_sequence_++;
    Bytes payload(2);
    base::store_u16(payload.data(), sequence);
    payload.insert(payload.end(), sent.payload.begin(), sent.payload.end());
    const wire::ExtensionElement mid{kMidId, as_bytes(mid_)};
    peer.send_rtp(header, {&mid, 1}, payload);
    return;
  }
}

void VideoSource::send_sender_report(VirtualPeer& peer, base::Instant now) {
  send_report(peer, ssrc_, timestamp_, now);
}

void AudioSource::send_packet(VirtualPeer& peer, uint8_t level) {
  const Bytes payload(80, 0x78);
  const auto loudness = wire::write_audio_level({level, level < 127});
  const std::array<wire::ExtensionElement, 2> elements{
      {{kMidId, as_bytes(mid_)}, {kAudioLevelId, loudness}}};
  peer.send_rtp({.timestamp = timestamp_,
                 .ssrc = ssrc_,
                 .sequence = sequence_++,
                 .payload_type = kOpus,
                 .marker = false},
                elements, payload);
  timestamp_ += 960;
}

void AudioSource::send_sender_report(VirtualPeer& peer, base::Instant now) {
  send_report(peer, ssrc_, timestamp_, now);
}

Meeting::Meeting(uint64_t seed, size_t shards) : world(seed, shards), shards_(shards) {
  for (size_t i = 0; i < shards; ++i) {
    world.submit(engine::RoomCreateCommand{handle(0, i), 300, 0, false, i == 0}, i);
  }
}

void Meeting::make_room(uint8_t loudest, bool gate_silence) {
  ++room_;
  for (size_t i = 0; i < shards_; ++i) {
    world.submit(engine::RoomCreateCommand{handle(room_, i), 300, loudest, gate_silence, i == 0},
                 i);
  }
}

size_t Meeting::shard_of_transport(uint32_t transport) const {
  const auto found = shard_of_transport_.find(transport);
  return found == shard_of_transport_.end() ? 0 : found->second;
}

VirtualPeer& Meeting::join(uint32_t transport, Loss loss, size_t shard) {
  shard_of_transport_[transport] = shard;
  VirtualPeer& peer = world.add_peer(transport, handle(room_, shard), loss);
  const engine::List<engine::Extension> list{std::span(extensions())};
  world.submit(engine::TransportSetExtensionsCommand{handle(transport, shard), list, list}, shard);
  return peer;
}

void Meeting::relay_audio(uint32_t publication, size_t from, size_t to) {
  open_relay(publication, from, to);
  receive_relay(publication, from, to, engine::MediaKind::kAudio);
}

void Meeting::relay_video(uint32_t publication, size_t from, size_t to, uint8_t encodings) {
  open_relay(publication, from, to);
  receive_relay(publication, from, to, engine::MediaKind::kVideo, encodings);
}

engine::CommandStatus Meeting::open_relay(uint32_t publication, size_t from, size_t to) {
  return world.submit(
      engine::RelayCreateCommand{handle(publication, from), handle(publication, to)}, from);
}

engine::CommandStatus Meeting::receive_relay(uint32_t publication, size_t from, size_t to,
                                             engine::MediaKind kind, uint8_t encodings) {
  const engine::Codec codec = kind == engine::MediaKind::kVideo ? vp8_codec() : opus_codec();
  return world.submit(
      engine::RelayedPublicationCreateCommand{
          .publication = handle(publication, to),
          .room = handle(room_, to),
          .origin = handle(publication, from),
          .kind = kind,
          .codecs = engine::List<engine::Codec>(std::span(&codec, 1)),
          .encodings = encodings,
          .always_forwarded = false},
      to);
}

engine::CommandStatus Meeting::publish_video(uint32_t publication, uint32_t ssrc, uint32_t rtx_ssrc,
                                             uint32_t transport) {
  const std::array codecs{vp8_codec(), h264_codec()};
  const engine::Encoding encoding{"", ssrc, rtx_ssrc};
  const size_t shard = shard_of_transport(transport);
  return world.submit(
      engine::PublicationCreateCommand{
          .publication = handle(publication, shard),
          .room = handle(room_, shard),
          .transport = handle(transport, shard),
          .kind = engine::MediaKind::kVideo,
          .mid = "0",
          .codecs = engine::List<engine::Codec>(std::span(codecs)),
          .encodings = engine::List<engine::Encoding>(std::span(&encoding, 1)),
          .muted = false,
          .always_forwarded = false},
      shard);
}

engine::CommandStatus Meeting::publish_audio(uint32_t publication, uint32_t transport,
                                             bool always_forwarded) {
  const engine::Codec codec = opus_codec();
  const engine::Encoding encoding{"", 0, 0};
  const size_t shard = shard_of_transport(transport);
  return world.submit(
      engine::PublicationCreateCommand{
          .publication = handle(publication, shard),
          .room = handle(room_, shard),
          .transport = handle(transport, shard),
          .kind = engine::MediaKind::kAudio,
          .mid = "1",
          .codecs = engine::List<engine::Codec>(std::span(&codec, 1)),
          .encodings = engine::List<engine::Encoding>(std::span(&encoding, 1)),
          .muted = false,
          .always_forwarded = always_forwarded},
      shard);
}

engine::CommandStatus Meeting::add_slot(uint32_t outbound, uint32_t transport,
                                        engine::MediaKind kind) {
  const bool video = kind == engine::MediaKind::kVideo;
  const engine::Codec codec = video ? vp8_codec() : opus_codec();
  const std::string mid = std::to_string(outbound);
  const size_t shard = shard_of_transport(transport);
  shard_of_outbound_[outbound] = shard;
  return world.submit(
      engine::OutboundCreateCommand{.outbound = handle(outbound, shard),
                                    .transport = handle(transport, shard),
                                    .kind = kind,
                                    .mid = mid,
                                    .ssrc = 5000 + outbound,
                                    .rtx_ssrc = video ? 6000 + outbound : 0,
                                    .cname = "plenum",
                                    .codecs = engine::List<engine::Codec>(std::span(&codec, 1))},
      shard);
}

engine::CommandStatus Meeting::subscribe(uint32_t subscription, uint32_t publication,
                                         uint32_t outbound, bool active) {
  const size_t shard = shard_of_outbound_[outbound];
  return world.submit(
      engine::SubscriptionCreateCommand{handle(subscription, shard), handle(publication, shard),
                                        handle(outbound, shard), active, 255, 255},
      shard);
}

engine::CommandStatus Meeting::set_active(uint32_t subscription, bool active, size_t shard) {
  return world.submit(
      engine::SubscriptionSetCommand{handle(subscription, shard), active,
                                     engine::SubscriptionReason::kHidden, 255, 255, 1},
      shard);
}

engine::CommandStatus Meeting::set_muted(uint32_t publication, bool muted) {
  return world.submit(engine::PublicationSetCommand{handle(publication), muted});
}

void Meeting::begin_one_to_one(Loss subscriber_loss) {
  join(1);
  join(2, subscriber_loss);
  publish_video(1);
  publish_audio(2);
  add_slot(1, 2, engine::MediaKind::kVideo);
  add_slot(2, 2, engine::MediaKind::kAudio);
  world.connect_all();
  subscribe(1, 1, 1);
  subscribe(2, 2, 2);
}

void Meeting::run_media(base::Duration span, uint8_t level) {
  int64_t step = 0;
  world.run_for(span, [&] { send_media(step++, level); });
}

void Meeting::send_media(int64_t step, uint8_t level) {
  VirtualPeer& publisher = world.peer(1);
  if (step % 40 == 0) {
    const bool wanted = take_key_frame_request();
    camera.send_frame(publisher, first_frame_ || wanted);
    first_frame_ = false;
  }
  if (step % 20 == 0) microphone.send_packet(publisher, level);
  if (step % 1000 == 10) camera.send_sender_report(publisher, world.now());
}

bool Meeting::take_key_frame_request() {
  bool wanted = false;
  const VirtualPeer& publisher = world.peer(1);
  for (; rtcp_read_ < publisher.rtcp.size(); ++rtcp_read_) {
    wire::RtcpReader reader(publisher.rtcp[rtcp_read_]);
    wire::RtcpBlock block;
    while (reader.next(block)) {
      if (block.type != wire::RtcpType::kPayloadFeedback) continue;
      ++key_frame_requests;
      wanted = true;
    }
  }
  return wanted;
}

}  // namespace testing_support

#include "testing/linked_meetings.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/byte_reader.h"
#include "wire/demux.h"

namespace testing_support {

using engine::MediaKind;

namespace {

constexpr uint16_t kNearPort = 40000;
constexpr uint16_t kFarPort = 41000;

base::SocketAddress near_address() { return *base::SocketAddress::parse("192.0.2.1", kNearPort); }
base::SocketAddress far_address() { return *base::SocketAddress::parse("198.51.100.1", kFarPort); }

// Another one for each room and direction.
Bytes key_of(uint32_t room, bool from_near) {
  Bytes key(28, static_cast<uint8_t>(2 * room + (from_near ? 1 : 0)));
  key[27] = 0x77;
  return key;
}

engine::Codec link_codec(engine::MediaKind kind) {
  engine::Codec codec = kind == engine::MediaKind::kVideo ? vp8_codec() : opus_codec();
  codec.rtx_payload_type = static_cast<uint8_t>(codec.payload_type + 1);
  codec.nack = true;
  codec.fir = false;
  codec.transport_cc = false;
  return codec;
}

std::vector<engine::Codec> red_link_codecs() {
  engine::Codec red = link_codec(engine::MediaKind::kAudio);
  red.payload_type = kRed;
  red.rtx_payload_type = kRed + 1;
  red.codec = engine::CodecKind::kRed;
  red.format = kRedFormat;
  return {red, link_codec(engine::MediaKind::kAudio)};
}

const std::array<engine::Extension, 2>& link_extensions() {
  static const std::array<engine::Extension, 2> list{
      engine::Extension{1, engine::ExtensionKind::kAudioLevel},
      engine::Extension{2, engine::ExtensionKind::kAbsCaptureTime}};
  return list;
}

}  // namespace

uint32_t link_ssrc(uint32_t publication, uint8_t encoding) {
  return kLinkSsrc + 10 * publication + encoding;
}

LinkedMeetings::LinkedMeetings(size_t shards, uint64_t seed)
    : near(seed, shards), far(seed + 1000, shards), random_(seed) {}

base::FiveTuple LinkedMeetings::path_at_far() const { return {far_address(), near_address()}; }

void LinkedMeetings::open(uint32_t room) {
  open_end(near, room, {near_address(), far_address()}, true);
  open_end(far, room, path_at_far(), false);
}

void LinkedMeetings::open_end(Meeting& meeting, uint32_t room, const base::FiveTuple& path,
                              bool is_near) {
  const std::string local = path.local.ip_string();
  const std::string remote = path.remote.ip_string();
  const Bytes inbound = key_of(room, !is_near);
  const Bytes outbound = key_of(room, is_near);
  const engine::Handle link = handle(kFirstLink + room);
  meeting.world.submit(engine::LinkCreateCommand{.transport = link,
                                                 .room = handle(room),
                                                 .local_ip = local,
                                                 .local_port = path.local.port,
                                                 .remote_ip = remote,
                                                 .remote_port = path.remote.port,
                                                 .key_id = 1000 + room,
                                                 .inbound_key = inbound,
                                                 .outbound_key = outbound});
  const engine::List<engine::Extension> list{std::span(link_extensions())};
  meeting.world.submit(engine::TransportSetExtensionsCommand{link, list, list});
}

bool LinkedMeetings::is_connected(uint32_t room) const {
  const auto last_state = [&](const ShardWorld& world) {
    const auto& states = world.transport_states;
    const auto found = std::find_if(states.rbegin(), states.rend(), [&](const auto& it) {
      return it.transport == handle(kFirstLink + room);
    });
    return found == states.rend() ? engine::TransportState::kNew : found->state;
  };
  return last_state(near.world) == engine::TransportState::kConnected &&
         last_state(far.world) == engine::TransportState::kConnected;
}

engine::CommandStatus LinkedMeetings::receive(uint32_t publication, engine::MediaKind kind,
                                              uint8_t encodings, const Codecs& codecs) {
  std::vector<engine::Encoding> list;
  for (uint8_t i = 0; i < encodings; ++i) {
    list.push_back(
        {"", link_ssrc(publication, i), link_ssrc(publication, i) + kLinkRtxSsrc - kLinkSsrc});
  }
  return far.world.submit(engine::PublicationCreateCommand{
      .publication = handle(publication),
      .room = handle(far.room()),
      .transport = handle(kFirstLink + far.room()),
      .kind = kind,
      .mid = "",
      .codecs = engine::List<engine::Codec>(std::span(codecs)),
      .encodings = engine::List<engine::Encoding>(std::span<const engine::Encoding>(list)),
      .muted = false,
      .always_forwarded = false});
}

engine::CommandStatus LinkedMeetings::receive_video(uint32_t publication, uint8_t encodings) {
  const engine::CommandStatus status =
      receive(publication, engine::MediaKind::kVideo, encodings, {link_codec(MediaKind::kVideo)});
  const auto all = static_cast<uint8_t>((1u << encodings) - 1);
  far.world.submit(engine::PublicationSetUsableCommand{handle(publication), all});
  return status;
}

engine::CommandStatus LinkedMeetings::receive_audio(uint32_t publication) {
  return receive(publication, engine::MediaKind::kAudio, 1, {link_codec(MediaKind::kAudio)});
}

engine::CommandStatus LinkedMeetings::send(uint32_t publication, engine::MediaKind kind,
                                           uint8_t encoding) {
  return send(publication, kind, encoding, {link_codec(kind)});
}

engine::CommandStatus LinkedMeetings::send(uint32_t publication, engine::MediaKind kind,
                                           uint8_t encoding, const Codecs& codecs) {
  const uint32_t ssrc = link_ssrc(publication, encoding);
  near.world.submit(
      engine::OutboundCreateCommand{.outbound = handle(ssrc),
                                    .transport = handle(kFirstLink + near.room()),
                                    .kind = kind,
                                    .mid = "",
                                    .ssrc = ssrc,
                                    .rtx_ssrc = ssrc + kLinkRtxSsrc - kLinkSsrc,
                                    .cname = "plenum",
                                    .codecs = engine::List<engine::Codec>(std::span(codecs))});
  return near.world.submit(engine::LinkSubscriptionCreateCommand{handle(ssrc), handle(publication),
                                                                 handle(ssrc), encoding});
}

engine::CommandStatus LinkedMeetings::set_sent(uint32_t publication, bool active,
                                               uint8_t encoding) {
  return near.set_active(link_ssrc(publication, encoding), active);
}

void LinkedMeetings::carry_camera() {
  receive_video(1);
  send(1, engine::MediaKind::kVideo);
}

void LinkedMeetings::carry_microphone() {
  receive_audio(2);
  send(2, engine::MediaKind::kAudio);
}

void LinkedMeetings::carry_red_microphone() {
  receive(2, MediaKind::kAudio, 1, red_link_codecs());
  send(2, MediaKind::kAudio, 0, red_link_codecs());
}

void LinkedMeetings::run(base::Duration span, const std::function<void()>& each_step) {
  constexpr auto kStep = base::Duration::millis(1);
  for (base::Duration done; done < span; done = done + kStep) {
    if (each_step) each_step();
    near.world.run_for(kStep);
    far.world.run_for(kStep);
    carry(near, there, to_far_, datagrams_there);
    carry(far, back, to_near_, datagrams_back);
    arrive(to_far_, far, path_at_far());
    arrive(to_near_, near, {near_address(), far_address()});
  }
}

void LinkedMeetings::run_media(base::Duration span, uint8_t level) {
  run(span, [&] { near.send_media(step_++, level); });
}

void LinkedMeetings::carry(Meeting& from, const LinkWay& way, Queue& queue, size_t& datagrams) {
  from.world.plaintext_paths.clear();
  for (auto& [transport, datagram] : std::exchange(from.world.plaintext_out, {})) {
    ++datagrams;
    if (&from == &near) {
      last_there = datagram;
      if (wire::classify(datagram) == wire::PacketKind::kRtp) {
        ++crossed[base::load_u32(&datagram[8])];
      }
    }
    if (way.is_cut || random_.chance(way.loss)) continue;
    queue.on_the_way.emplace(from.world.now() + way.delay, std::move(datagram));
  }
}

void LinkedMeetings::arrive(Queue& queue, Meeting& to, const base::FiveTuple& path) {
  auto& arriving = queue.on_the_way;
  for (; !arriving.empty() && arriving.begin()->first <= to.world.now();
       arriving.erase(arriving.begin())) {
    to.world.deliver(path, arriving.begin()->second);
  }
}

}  // namespace testing_support

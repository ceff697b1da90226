#include "crowd/crowd.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <string>

#include "load/json_lines.h"
#include "load/key_frame_requests.h"
#include "load/test_media.h"
#include "wire/demux.h"
#include "wire/red.h"
#include "wire/rtcp.h"
#include "wire/rtcp_nack.h"
#include "wire/rtp.h"

namespace crowd {

namespace {

constexpr int64_t kTurnNs = 1'000'000;
constexpr int64_t kLookNs = 50'000'000;

// The server has payload types of its own; magic and pattern tell speech from pictures.
std::optional<load::MediaStamp> stamp_of(std::span<const uint8_t> payload) {
  const auto stamp = load::verify_media(payload, load::kAudioPayloadType);
  return stamp ? stamp : load::verify_media(payload, load::kVideoPayloadType);
}

uint32_t stream_of(const load::MediaStamp& stamp) {
  return static_cast<uint32_t>(stamp.number >> 32);
}

}  // namespace

Crowd::Crowd(std::function<void(const Transport&, Turn)> turned)
    : turned_(std::move(turned)),
      cipher_(crypto::make_srtp_cipher()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      mail_(*cipher_, sender_) {}

Transport* Crowd::open(uint32_t person, const base::SocketAddress& bind) {
  int error = 0;
  auto socket = io::UdpSocket::bind_to(bind, error);
  if (!socket) return nullptr;
  const size_t id = ++opened_;
  auto& made = transports_[id];
  made = std::make_unique<Transport>(id, person, std::move(*socket), *cipher_);
  watch(*made);
  return made.get();
}

void Crowd::watch(Transport& transport) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &transport}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, transport.fd(), &event);
}

Transport& Crowd::transport(size_t id) {
  const auto found = transports_.find(id);
  if (found == transports_.end()) load::fail("no transport " + std::to_string(id));
  return *found->second;
}

void Crowd::connect(Transport& transport, const base::SocketAddress& server,
                    load::IceCredentials credentials) {
  transport.connect(std::move(credentials), server, load::monotonic_ns(), sender_);
}

bool Crowd::move(Transport& transport, const base::SocketAddress& bind) {
  int error = 0;
  auto socket = io::UdpSocket::bind_to(bind, error);
  if (!socket) return false;
  transport.move(std::move(*socket));
  watch(transport);
  next_look_ns_ = 0;
  return true;
}

void Crowd::close(size_t id) {
  transports_.erase(id);
  for (auto& [stream, voice] : voices_) {
    std::vector<Leg> left(voice.legs().begin(), voice.legs().end());
    std::erase_if(left, [&](const Leg& leg) { return leg.transport == id; });
    voice.carry(std::move(left));
  }
  for (auto& [stream, player] : players_) {
    std::vector<PlayerLeg> left(player.legs().begin(), player.legs().end());
    std::erase_if(left, [&](const PlayerLeg& leg) { return leg.transport == id; });
    player.carry(std::move(left));
  }
}

void Crowd::speak(const VoiceOptions& options, std::vector<Leg> legs) {
  const auto [entry, is_new] = voices_.try_emplace(options.stream, options);
  Voice& voice = entry->second;
  if (is_new || voice.legs().empty()) voice.begin(load::monotonic_ns());
  for (Leg& leg : legs) {
    const auto known = std::ranges::find(voice.legs(), leg.transport, &Leg::transport);
    if (known != voice.legs().end()) leg = *known;
  }
  voice.want_key_frame();
  voice.carry(std::move(legs));
}

void Crowd::set_clock(uint32_t person, const ClockOptions& options) {
  PersonClock& clock = clocks_[person];
  if (!clock.has_begun()) clock = PersonClock(options, load::monotonic_ns());
}

void Crowd::play(uint32_t person, const PlayerOptions& options, std::vector<PlayerLeg> legs) {
  set_clock(person, {});
  const uint32_t stream = options.stream;
  const auto [entry, is_new] = players_.try_emplace(stream, options, clocks_[person]);
  Player& player = entry->second;
  if (is_new || player.legs().empty()) player.begin(load::monotonic_ns());
  for (PlayerLeg& leg : legs) {
    const auto known = std::ranges::find(player.legs(), leg.transport, &PlayerLeg::transport);
    if (known != player.legs().end()) leg = std::move(*known);
  }
  player.carry(std::move(legs));
}

void Crowd::hold(uint32_t stream, bool is_held) {
  const auto found = players_.find(stream);
  if (found == players_.end()) load::fail("nothing is played as " + std::to_string(stream));
  found->second.hold(is_held);
}

void Crowd::begin() {
  const int64_t now_ns = load::monotonic_ns();
  for (auto& [who, ear] : ears_) ear.begin(now_ns);
  delays_ns_.clear();
  refused_ = 0;
}

int64_t Crowd::step() {
  const int64_t now_ns = load::monotonic_ns();
  send_due(now_ns);
  read_sockets();
  if (now_ns >= next_look_ns_) look(now_ns);
  return load::monotonic_ns() + kTurnNs;
}

void Crowd::read_sockets() {
  std::array<epoll_event, 256> events;
  const int ready = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < ready; ++i) {
    auto& transport = *static_cast<Transport*>(events[static_cast<size_t>(i)].data.ptr);
    receiver_.receive(transport.fd(), 0,
                      [&](const load::Arrival& arrival) { handle(transport, arrival); });
    // A step of a handshake takes a millisecond: who speaks is not kept waiting for sixty of them.
    if (next_look_ns_ == 0) send_due(load::monotonic_ns());
  }
}

void Crowd::handle(Transport& transport, const load::Arrival& arrival) {
  const int64_t now_ns = load::monotonic_ns();
  const wire::PacketKind kind = wire::classify(arrival.datagram);
  if (kind == wire::PacketKind::kRtp) return handle_rtp(transport, arrival.datagram);
  if (kind == wire::PacketKind::kRtcp) return handle_rtcp(transport, arrival.datagram);
  transport.heard(now_ns);
  crypto::Datagrams out;
  transport.association().handle_datagram(arrival.datagram, out);
  transport.send_all(out, sender_);
  // Who connects is not kept waiting for the next look.
  if (kind == wire::PacketKind::kDtls) next_look_ns_ = 0;
}

void Crowd::handle_rtp(Transport& transport, std::span<uint8_t> datagram) {
  if (!transport.association().is_connected()) return;
  const srtp::Unprotected plain = transport.association().inbound().unprotect_rtp(datagram);
  wire::RtpView view;
  if (plain.result != srtp::Result::kOk) return;
  const int64_t now_ns = load::monotonic_ns();
  transport.heard(now_ns);
  if (wire::parse_rtp(plain.packet, view) != wire::ParseError::kNone) return;
  if (view.payload_size == 0) return;
  handle_payload(transport, view.payload(), now_ns);
}

void Crowd::handle_payload(Transport& transport, std::span<const uint8_t> payload, int64_t now_ns) {
  wire::RedPayload red;
  auto stamp = stamp_of(payload);
  if (!stamp && wire::parse_red(payload, red) == wire::ParseError::kNone) {
    for (const wire::RedBlock& block : red.redundant()) {
      const auto earlier = stamp_of(payload.subspan(block.offset, block.size));
      if (!earlier) continue;
      ears_[{transport.person(), stream_of(*earlier)}].hear_again(earlier->number, transport.id(),
                                                                  earlier->sent_ns, now_ns);
    }
    stamp = stamp_of(payload.subspan(red.primary().offset, red.primary().size));
  }
  if (!stamp) return;
  ++transport.media_packets;
  transport.last_media_ns = now_ns;
  const std::pair who{transport.person(), stream_of(*stamp)};
  ears_[who].hear(stamp->number, transport.id(), stamp->sent_ns, now_ns);
  delays_ns_[who].add(now_ns - stamp->sent_ns);
}

void Crowd::handle_rtcp(Transport& transport, std::span<uint8_t> datagram) {
  if (!transport.association().is_connected()) return;
  const srtp::Unprotected plain = transport.association().inbound().unprotect_rtcp(datagram);
  if (plain.result != srtp::Result::kOk) return;
  transport.heard(load::monotonic_ns());
  load::read_key_frame_requests(plain.packet, [this](uint32_t ssrc) { want_key_frame(ssrc); });
  if (!players_.empty()) repeat(plain.packet);
}

void Crowd::want_key_frame(uint32_t ssrc) {
  for (auto& [stream, voice] : voices_) {
    const bool is_meant = std::ranges::find(voice.legs(), ssrc, &Leg::ssrc) != voice.legs().end();
    if (is_meant) voice.want_key_frame();
  }
  for (auto& [stream, player] : players_) {
    const auto legs = player.legs();
    if (std::ranges::find(legs, ssrc, &PlayerLeg::ssrc) != legs.end()) player.want_key_frame();
  }
}

// What NACKs ask for.
void Crowd::repeat(std::span<const uint8_t> compound) {
  wire::RtcpReader reader(compound);
  wire::RtcpBlock block;
  while (reader.next(block)) {
    wire::Nack nack;
    wire::NackSequences sequences;
    const bool is_nack =
        block.type == wire::RtcpType::kTransportFeedback && block.count == wire::kNackFormat;
    if (!is_nack || parse_nack(block, nack, sequences) != wire::ParseError::kNone) continue;
    for (auto& [stream, player] : players_) {
      const auto leg = std::ranges::find(player.legs(), nack.media_ssrc, &PlayerLeg::ssrc);
      if (leg == player.legs().end()) continue;
      Transport& by = transport(leg->transport);
      for (uint16_t sequence = 0; sequences.next(sequence);)
        player.repeat(*leg, sequence, by, mail_);
      mail_.flush(by);
    }
  }
}

void Crowd::send_due(int64_t now_ns) {
  for (auto& [stream, voice] : voices_) {
    while (!voice.legs().empty() && voice.due_ns() <= now_ns) say(voice, now_ns);
  }
  for (auto& [stream, player] : players_) {
    while (!player.legs().empty() && player.due_ns() <= now_ns) show(player, now_ns);
  }
}

void Crowd::show(Player& player, int64_t now_ns) {
  lateness_ns_.add(now_ns - player.due_ns());
  if (player.choose()) {
    for (PlayerLeg& leg : player.legs()) {
      Transport& by = transport(leg.transport);
      if (by.association().is_connected()) player.send(leg, by, mail_, now_ns);
    }
  }
  player.advance(now_ns);
}

void Crowd::say(Voice& voice, int64_t now_ns) {
  lateness_ns_.add(now_ns - voice.due_ns());
  for (Leg& leg : voice.legs()) {
    Transport& by = transport(leg.transport);
    if (!by.association().is_connected()) continue;
    const auto packet = voice.packet_for(leg, by.association().outbound(), *cipher_);
    if (packet.empty())
      ++refused_;
    else
      by.send(packet, sender_);
  }
  voice.advance(now_ns);
}

void Crowd::look(int64_t now_ns) {
  next_look_ns_ = now_ns + kLookNs;
  for (auto& [id, transport] : transports_) {
    const Turn turn = transport->look(now_ns, sender_);
    if (turn != Turn::kNone) turned_(*transport, turn);
  }
}

}  // namespace crowd

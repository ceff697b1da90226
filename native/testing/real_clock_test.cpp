// The engine on its real clock, with threads and sockets, while nobody listens to it: what a pause
// of JavaScript is to the media. Outcomes only; how long things take depends on the machine.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/threaded_engine.h"
#include "testing/meeting.h"

namespace testing_support {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(15);
// Unanswered checks and handshakes are said again this often.
constexpr auto kNudgeInterval = std::chrono::milliseconds(50);

// A browser with a socket of its own.
class SocketPeer {
 public:
  SocketPeer(crypto::SrtpCipher& cipher, const base::SocketAddress& server, uint32_t index)
      : index_(index) {
    int error = 0;
    socket_.emplace(*io::UdpSocket::bind_to(*base::SocketAddress::parse("127.0.0.1", 0), error));
    const std::string number = std::to_string(index);
    own_ = {"peerufrag" + number, "peerpasswordpeerpasswordpeer"};
    server_ = {"serverufrag" + number, "serverpasswordserverpassword"};
    peer_.emplace(cipher, base::FiveTuple{server, socket_->local()}, own_, server_);
  }

  VirtualPeer& peer() { return *peer_; }
  int fd() const { return socket_->fd(); }

  void append_create(std::vector<uint8_t>& batch) const {
    engine::append_frame(batch, engine::TransportCreateCommand{.transport = handle(index_),
                                                               .room = handle(0),
                                                               .local_ufrag = server_.ufrag,
                                                               .local_pwd = server_.pwd,
                                                               .remote_ufrag = own_.ufrag,
                                                               .remote_pwd = own_.pwd,
                                                               .fingerprint = peer_->fingerprint(),
                                                               .plaintext = false});
  }

  // Takes what has come and sends what wants to leave, the answers to it too.
  void exchange() {
    std::array<uint8_t, 2048> space;
    for (ssize_t size = 0; (size = recv(fd(), space.data(), space.size(), 0)) > 0;) {
      peer_->handle_datagram(std::span(space).first(static_cast<size_t>(size)));
    }
    const io::KernelAddress server(peer_->path().local);
    for (const Bytes& datagram : std::exchange(peer_->outbox, {})) {
      sendto(fd(), datagram.data(), datagram.size(), 0, &server.any, server.size);
    }
  }

 private:
  uint32_t index_;
  std::optional<io::UdpSocket> socket_;
  PeerCredentials own_;
  PeerCredentials server_;
  std::optional<VirtualPeer> peer_;
};

// Publisher 1 and subscriber 2 of an engine whose events nobody takes.
class DeafMeeting {
 public:
  DeafMeeting() {
    engine::DriverConfig config;
    config.listen = {{*base::SocketAddress::parse("127.0.0.1", 0)}};
    std::string error;
    engine_ = io::ThreadedEngine::start(
        config, [] {}, error);
    const base::SocketAddress address = engine_->addresses()[0].address;
    publisher_.emplace(*cipher_, address, 1);
    subscriber_.emplace(*cipher_, address, 2);
    set_up();
  }

  VirtualPeer& publisher() { return publisher_->peer(); }
  VirtualPeer& subscriber() { return subscriber_->peer(); }
  size_t events() {
    std::vector<uint8_t> bytes;
    engine_->take_events(bytes);
    return bytes.size();
  }
  void exchange() {
    publisher_->exchange();
    subscriber_->exchange();
  }
  // Lets datagrams flow until it holds; false when patience ends first.
  bool run_until(const std::function<bool()>& holds, const std::function<void()>& nudge = {}) {
    const auto end = Clock::now() + kPatience;
    auto nudge_at = Clock::now();
    for (auto now = nudge_at; now < end; now = Clock::now()) {
      if (holds()) return true;
      if (nudge && now >= nudge_at) {
        nudge();
        nudge_at = now + kNudgeInterval;
      }
      exchange();
      if (!holds()) wait(nudge ? std::min(nudge_at, end) : end);
    }
    return false;
  }
  bool connect() {
    return run_until([this] { return publisher().is_connected() && subscriber().is_connected(); },
                     [this] {
                       publisher().check();
                       subscriber().check();
                       publisher().retransmit_handshake();
                       subscriber().retransmit_handshake();
                     });
  }

 private:
  // Until a datagram has come, or then.
  void wait(Clock::time_point until) {
    const auto span = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    std::array<pollfd, 2> sockets{{{publisher_->fd(), POLLIN, 0}, {subscriber_->fd(), POLLIN, 0}}};
    poll(sockets.data(), sockets.size(), static_cast<int>(std::max(span.count(), int64_t{0})));
  }
  void set_up() {
    std::vector<uint8_t> batch;
    engine::ContractWriter out(batch);
    engine::encode(out, engine::BatchHead{1, 9});
    engine::append_frame(batch, engine::RoomCreateCommand{handle(0), 300, 0, false, true});
    publisher_->append_create(batch);
    subscriber_->append_create(batch);
    const std::vector<engine::Extension> extensions{
        {kMidId, engine::ExtensionKind::kMid},
        {kTransportCcId, engine::ExtensionKind::kTransportCc}};
    const engine::List<engine::Extension> list{std::span(extensions)};
    engine::append_frame(batch, engine::TransportSetExtensionsCommand{handle(1), list, list});
    engine::append_frame(batch, engine::TransportSetExtensionsCommand{handle(2), list, list});
    const std::array codecs{vp8_codec()};
    const engine::List<engine::Codec> codec_list{std::span(codecs)};
    const engine::Encoding encoding{"", 0, 0};
    engine::append_frame(batch,
                         engine::PublicationCreateCommand{
                             .publication = handle(1),
                             .room = handle(0),
                             .transport = handle(1),
                             .kind = engine::MediaKind::kVideo,
                             .mid = "0",
                             .codecs = codec_list,
                             .encodings = engine::List<engine::Encoding>(std::span(&encoding, 1)),
                             .muted = false,
                             .always_forwarded = false});
    engine::append_frame(batch, engine::OutboundCreateCommand{.outbound = handle(1),
                                                              .transport = handle(2),
                                                              .kind = engine::MediaKind::kVideo,
                                                              .mid = "0",
                                                              .ssrc = 5001,
                                                              .rtx_ssrc = 6001,
                                                              .cname = "a",
                                                              .codecs = codec_list});
    engine::append_frame(
        batch, engine::SubscriptionCreateCommand{handle(1), handle(1), handle(1), true, 255, 255});
    engine::append_frame(batch, engine::TransportSetRatesCommand{.transport = handle(2),
                                                                 .target_bps = 4'000'000,
                                                                 .pacing_bps = 10'000'000,
                                                                 .padding_bps = 0,
                                                                 .probes = {}});
    engine_->submit(0, batch);
  }

  std::unique_ptr<crypto::SrtpCipher> cipher_ = crypto::make_srtp_cipher();
  std::unique_ptr<io::ThreadedEngine> engine_;
  std::optional<SocketPeer> publisher_;
  std::optional<SocketPeer> subscriber_;
};

// [PACE-9] [T0.1] JavaScript neither takes events nor says anything for 200 ms and 300 frames.
// Every frame arrives whole and in order before the next one is sent: none is dropped or waits for
// it.
TEST(RealClock, APauseOfJavaScriptDelaysNoPacket) {
  constexpr size_t kFrames = 300;
  constexpr auto kPause = std::chrono::milliseconds(200);
  DeafMeeting meeting;
  VideoSource camera(1111, "0");
  ASSERT_TRUE(meeting.connect());
  ASSERT_TRUE(meeting.run_until([&] { return !meeting.subscriber().rtp.empty(); },
                                [&] { camera.send_frame(meeting.publisher(), true); }));
  meeting.events();  // the last that JavaScript hears
  const uint16_t settled = camera.next_sequence();
  std::vector<uint16_t> arrived;
  size_t read = 0;
  const auto begin = Clock::now();
  size_t frames = 0;
  while (frames < kFrames || Clock::now() - begin < kPause) {
    camera.send_frame(meeting.publisher(), false);
    ++frames;
    ASSERT_TRUE(meeting.run_until([&] {
      const auto& rtp = meeting.subscriber().rtp;
      for (; read < rtp.size(); ++read) {
        const uint16_t number = base::load_u16(rtp[read].view.payload().data() + 5);
        if (static_cast<uint16_t>(number - settled) < 0x8000) arrived.push_back(number);
      }
      return arrived.size() >= 2 * frames;
    })) << "frame "
        << frames;
  }
  ASSERT_EQ(arrived.size(), 2 * frames);
  for (size_t i = 0; i < arrived.size(); ++i) {
    ASSERT_EQ(arrived[i], static_cast<uint16_t>(settled + i));
  }
  RecordProperty("conformance", "T0.1 packets delayed by a pause of JavaScript threshold=0 got=0");
}

}  // namespace
}  // namespace testing_support

// What a packet costs on its way from socket to sockets through a shard's thread: no allocation, no
// lock, and no system call but the batches' own (design §6). Outcomes only; how long things take
// depends on the machine.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "forward/layer_meter.h"
#include "io/engine_harness.h"
#include "io/kernel.h"
#include "io/send_batch.h"
#include "testing/allocations.h"
#include "testing/locks.h"
#include "testing/meeting.h"
#include "testing/system_calls.h"

namespace testing_support {
namespace {

constexpr size_t kSubscribers = 8;
constexpr size_t kPacketsPerBurst = 64;
constexpr size_t kPacketsPerFrame = 8;
constexpr size_t kPayload = 1000;
constexpr size_t kGcmTag = 16;
// More than a history holds and any ring of the way has places.
constexpr size_t kBurstsToSettle = 100;
constexpr size_t kBursts = 50;
// A subscriber's queue doubles until it holds a burst, and its list of streams is made.
constexpr size_t kMostGrowths = kSubscribers * (std::bit_width(kPacketsPerBurst) + 1);
constexpr int kPatienceMs = 15'000;

std::vector<io::UdpSocket> bind_loopback(size_t count) {
  std::vector<io::UdpSocket> sockets;
  for (size_t i = 0; i < count; ++i) {
    int error = 0;
    sockets.push_back(*io::UdpSocket::bind_to(*base::SocketAddress::parse("127.0.0.1", 0), error));
  }
  return sockets;
}

engine::DriverConfig one_shard() {
  engine::DriverConfig config;
  config.listen = {{*base::SocketAddress::parse("127.0.0.1", 0)}};
  return config;
}

// A publisher of plain RTP and subscribers under keys of their own, each with a socket.
class PlainRoom {
 public:
  explicit PlainRoom(engine::MediaKind kind)
      : is_video_(kind == engine::MediaKind::kVideo),
        codec_(is_video_ ? vp8_codec() : opus_codec()),
        harness_(one_shard()),
        server_(harness_.engine().addresses()[0].address) {
    std::vector<uint8_t> commands;
    engine::append_frame(commands, engine::RoomCreateCommand{handle(0), 200, 0, false, true});
    add_publisher(commands);
    for (uint32_t i = 1; i <= kSubscribers; ++i) add_subscriber(commands, i);
    submit(static_cast<uint16_t>(3 + 3 * kSubscribers), commands);
  }

  // Sends bursts, each when all of the one before has come to every subscriber; false when for
  // kPatienceMs nothing comes. Allocates nothing and takes no lock.
  bool play(size_t bursts) {
    for (size_t i = 0; i < bursts; ++i) {
      send_burst();
      for (const io::UdpSocket& socket : subscribers_) {
        if (!await(socket, kPacketsPerBurst)) return false;
      }
    }
    return true;
  }

  // As of now, whatever the shard has to do.
  engine::ShardStats stats() {
    const base::Instant now = io::monotonic_now();
    engine::ShardStats stats;
    while (stats.now_us < static_cast<double>(now.us)) {
      submit(0, {});
      stats = harness_.read_stats()[0];
    }
    return stats;
  }

 private:
  void submit(uint16_t count, std::span<const uint8_t> commands) {
    std::vector<uint8_t> batch;
    engine::ContractWriter out(batch);
    engine::encode(out, engine::BatchHead{++batches_, count});
    batch.insert(batch.end(), commands.begin(), commands.end());
    harness_.engine().submit(0, batch);
    std::vector<uint32_t> done;
    do {
      done = harness_.await_batches();
    } while (!done.empty() && std::ranges::count(done, batches_) == 0);
  }

  engine::PlainTransportCreateCommand transport(uint32_t index, uint16_t port) const {
    return {.transport = handle(index),
            .room = handle(0),
            .local_ip = "127.0.0.1",
            .local_port = server_.port,
            .remote_ip = "127.0.0.1",
            .remote_port = port,
            .remote_rtcp_port = 0,
            .token = {},
            .profile = engine::SrtpProfile::kNone,
            .inbound_key = {},
            .outbound_key = {}};
  }

  engine::List<engine::Codec> codecs() const {
    return engine::List<engine::Codec>(std::span(&codec_, 1));
  }
  engine::MediaKind kind() const {
    return is_video_ ? engine::MediaKind::kVideo : engine::MediaKind::kAudio;
  }

  void add_publisher(std::vector<uint8_t>& commands) const {
    const engine::Encoding encoding{"", kSsrc, 0};
    engine::append_frame(commands, transport(0, publisher_[0].local().port));
    engine::append_frame(commands,
                         engine::PublicationCreateCommand{
                             .publication = handle(0),
                             .room = handle(0),
                             .transport = handle(0),
                             .kind = kind(),
                             .mid = "",
                             .codecs = codecs(),
                             .encodings = engine::List<engine::Encoding>(std::span(&encoding, 1)),
                             .muted = false,
                             .always_forwarded = false});
  }

  void add_subscriber(std::vector<uint8_t>& commands, uint32_t index) const {
    Bytes inbound(28);
    Bytes outbound(28);
    std::iota(inbound.begin(), inbound.end(), static_cast<uint8_t>(index));
    std::iota(outbound.begin(), outbound.end(), static_cast<uint8_t>(100 + index));
    engine::PlainTransportCreateCommand protect =
        transport(index, subscribers_[index - 1].local().port);
    protect.profile = engine::SrtpProfile::kAeadAes128Gcm;
    protect.inbound_key = inbound;
    protect.outbound_key = outbound;
    engine::append_frame(commands, protect);
    engine::append_frame(commands,
                         engine::OutboundCreateCommand{.outbound = handle(index),
                                                       .transport = handle(index),
                                                       .kind = kind(),
                                                       .mid = "",
                                                       .ssrc = 5000 + index,
                                                       .rtx_ssrc = is_video_ ? 6000 + index : 0,
                                                       .cname = "a",
                                                       .codecs = codecs()});
    engine::append_frame(commands, engine::SubscriptionCreateCommand{
                                       handle(index), handle(0), handle(index), true, 255, 255});
  }

  void send_burst() {
    slab_.reset();
    for (size_t i = 0; i < kPacketsPerBurst; ++i) add_packet(i % kPacketsPerFrame);
    outgoing_.send(publisher_, slab_.transmits());
  }

  // A frame is eight packets of VP8, or each of them one of Opus.
  void add_packet(size_t place) {
    const bool begins = !is_video_ || place == 0;
    const bool ends = is_video_ && place == kPacketsPerFrame - 1;
    if (begins) ++frame_;
    const std::span<uint8_t> space = slab_.reserve(wire::kRtpFixedHeaderSize + kPayload);
    wire::write_fixed_header({.timestamp = frame_ * (is_video_ ? 3600u : 960u),
                              .ssrc = kSsrc,
                              .sequence = sequence_++,
                              .payload_type = codec_.payload_type,
                              .marker = ends},
                             false, space.data());
    const std::span<uint8_t> payload = space.subspan(wire::kRtpFixedHeaderSize);
    std::ranges::fill(payload, uint8_t{0x78});
    if (is_video_) write_vp8(begins, payload);
    slab_.commit({publisher_[0].local(), server_}, space.size(), 0);
  }

  // A descriptor with a picture ID of 15 bits (RFC 7741 §4.2), and a key frame at the beginning.
  void write_vp8(bool begins, std::span<uint8_t> payload) const {
    const auto picture = static_cast<uint16_t>(frame_ & 0x7fff);
    const std::array<uint8_t, 4> descriptor = {static_cast<uint8_t>(begins ? 0x90 : 0x80), 0x80,
                                               static_cast<uint8_t>(0x80 | picture >> 8),
                                               static_cast<uint8_t>(picture)};
    std::ranges::copy(descriptor, payload.begin());
    constexpr std::array<uint8_t, 10> kKeyFrame = {0x10, 0, 0, 0x9d, 0x01, 0x2a, 16, 0, 16, 0};
    if (!begins) return;
    if (frame_ == 1) {
      std::ranges::copy(kKeyFrame, payload.begin() + descriptor.size());
    } else {
      payload[descriptor.size()] = 0x11;
    }
  }

  // RTCP, which comes between, has another size.
  static bool await(const io::UdpSocket& socket, size_t packets) {
    constexpr size_t kProtected = wire::kRtpFixedHeaderSize + kPayload + kGcmTag;
    std::array<uint8_t, kProtected + 1> space;
    pollfd state{socket.fd(), POLLIN, 0};
    while (packets > 0) {
      const ssize_t size = recv(socket.fd(), space.data(), space.size(), 0);
      if (size < 0 && poll(&state, 1, kPatienceMs) <= 0) return false;
      if (size == kProtected) --packets;
    }
    return true;
  }

  static constexpr uint32_t kSsrc = 77;

  bool is_video_;
  engine::Codec codec_;
  std::vector<io::UdpSocket> publisher_ = bind_loopback(1);
  std::vector<io::UdpSocket> subscribers_ = bind_loopback(kSubscribers);
  io::Harness harness_;
  base::SocketAddress server_;
  transport::SendSlab slab_;
  io::SendBatch outgoing_;
  uint32_t batches_ = 0;
  uint32_t frame_ = 0;
  uint16_t sequence_ = 0;
};

class HotPath : public testing::TestWithParam<engine::MediaKind> {};

TEST_P(HotPath, APacketAllocatesNothingAndTakesNoLock) {
  PlainRoom room(GetParam());
  ASSERT_TRUE(room.play(kBurstsToSettle));
  // What waits while the slab is full may be more than ever before: then a queue grows.
  uint64_t allocated = 1;
  for (size_t window = 0; window <= kMostGrowths && allocated > 0; ++window) {
    const base::Instant begin = io::monotonic_now();
    const uint64_t allocations_before = allocations();
    const uint64_t locks_before = locks();
    const bool is_played = room.play(kBursts);
    allocated = allocations() - allocations_before;
    const uint64_t locked = locks() - locks_before;
    const base::Duration span = io::monotonic_now() - begin;
    ASSERT_TRUE(is_played);
    // JavaScript is told a camera's rates now and then: by the outbox, which both threads lock.
    EXPECT_LE(locked, static_cast<uint64_t>(1 + span.us / forward::kMeterSpacing.us));
  }
  EXPECT_EQ(allocated, 0u);
}

// The thread enters the kernel to receive and to send, as often as its counters say, and to wait,
// once or twice a turn.
TEST_P(HotPath, APacketEntersTheKernelInBatchesOnly) {
  PlainRoom room(GetParam());
  ASSERT_TRUE(room.play(kBurstsToSettle));
  const engine::ShardStats before = room.stats();
  SystemCalls calls(find_thread("plenum-shard-0"));
  if (calls.error() != 0) GTEST_SKIP() << "no tracing here: " << std::strerror(calls.error());
  ASSERT_TRUE(room.play(kBursts));
  calls.stop();
  const engine::ShardStats after = room.stats();

  const double turns = after.wakeups - before.wakeups;
  const double sends = after.send_calls - before.send_calls;
  const std::map<size_t, double> bounds = {
      {SYS_recvmmsg, after.receive_calls - before.receive_calls},
      {SYS_sendmmsg, sends},
      {SYS_epoll_pwait2, turns},
      {SYS_epoll_pwait, turns},  // and the next: of older kernels
#ifdef SYS_epoll_wait
      {SYS_epoll_wait, turns},
#endif
      {SYS_clock_nanosleep, turns},
      {SYS_clock_gettime, std::numeric_limits<double>::max()},  // where the vDSO has no clock
  };
  // Of no packet: reports, and randomness for them.
  constexpr double kOthers = 20;
  double others = 0;
  for (size_t number = 0; number < SystemCalls::kNumbers; ++number) {
    const auto count = static_cast<double>(calls.of(number));
    const auto bound = bounds.find(number);
    if (bound == bounds.end()) {
      others += count;
    } else {
      EXPECT_LE(count, bound->second) << "system call " << number;
    }
  }
  EXPECT_LE(others, kOthers);
  EXPECT_GT(calls.of(SYS_sendmmsg), 0u);
  // What one packet gives leaves in one call, however few came with it.
  EXPECT_LE(sends, static_cast<double>(kBursts * kPacketsPerBurst) + kOthers);
}

INSTANTIATE_TEST_SUITE_P(Media, HotPath,
                         testing::Values(engine::MediaKind::kVideo, engine::MediaKind::kAudio),
                         [](const auto& test) {
                           return test.param == engine::MediaKind::kVideo ? "Video" : "Audio";
                         });

}  // namespace
}  // namespace testing_support

// What arrives: RTP, STUN and transport-wide feedback.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "crypto/hmac.h"
#include "micro/media.h"
#include "pacing/feedback_join.h"
#include "testing/rtp_packets.h"
#include "wire/demux.h"
#include "wire/stun.h"

namespace {

constexpr std::string_view kPassword = "0123456789abcdef01234567";

std::span<const uint8_t> password() {
  return {reinterpret_cast<const uint8_t*>(kPassword.data()), kPassword.size()};
}

void parse_rtp(benchmark::State& state) {
  base::PacketPool pool(0, 16);
  const auto received = testing_support::make_received(
      pool, {.timestamp = 1, .ssrc = 2, .sequence = 3, .payload_type = 96},
      micro::vp8_payload(1, true, false), {{1, std::array<uint8_t, 1>{'0'}}});
  const std::span<const uint8_t> bytes = received.packet.bytes();
  wire::RtpView view;
  for (auto _ : state) {
    benchmark::DoNotOptimize(wire::classify(bytes));
    benchmark::DoNotOptimize(wire::parse_rtp(bytes, view));
    benchmark::DoNotOptimize(view.extensions().find(1));
  }
}
BENCHMARK(parse_rtp);

// A consent check as an ICE-lite agent takes it: parsed, both checks, the answer written.
void answer_stun_check(benchmark::State& state) {
  std::array<uint8_t, 256> bytes;
  const std::array<uint8_t, 12> transaction{1, 2, 3};
  const size_t size =
      wire::StunWriter(bytes, wire::StunClass::kRequest, wire::kStunBinding, transaction)
          .username("server:client")
          .priority(1)
          .ice_controlling(1)
          .use_candidate()
          .integrity(password(), crypto::hmac_sha1)
          .fingerprint()
          .finish();
  const base::SocketAddress mapped{};
  std::array<uint8_t, 256> answer;
  for (auto _ : state) {
    wire::StunMessage message;
    if (wire::parse_stun(std::span(bytes).first(size), message) != wire::ParseError::kNone ||
        !message.fingerprint_valid || !message.verify_integrity(password(), crypto::hmac_sha1)) {
      return state.SkipWithError("the check was refused");
    }
    benchmark::DoNotOptimize(
        wire::write_binding_success(message, mapped, password(), crypto::hmac_sha1, answer));
  }
}
BENCHMARK(answer_stun_check);

// Feedback about packets that have just been sent, message by message.
class Receiver {
 public:
  explicit Receiver(int64_t packets) : packets_(packets) {}

  // `size` becomes that of the message written to `bytes`.
  void write_message(std::span<uint8_t> bytes, size_t& size) {
    std::vector<wire::PacketArrival> arrivals;
    for (int64_t i = 0; i < packets_; ++i) {
      now = now + base::Duration::micros(500);
      history.add({.sequence = next_ + i, .sent_at = now, .size = 1200});
      arrivals.push_back({next_ + i, now.us + 20'000});
    }
    wire::TransportCc written{.sender_ssrc = 1, .media_ssrc = 2, .feedback_count = count_++};
    size_t taken = 0;
    size = wire::write_transport_cc(written, next_, arrivals, bytes, taken);
    next_ += packets_;
  }

  pacing::SendHistory history;
  base::Instant now{1'000'000'000};

 private:
  int64_t packets_;
  int64_t next_ = 0;
  uint8_t count_ = 0;
};

bool take_message(std::span<const uint8_t> bytes, Receiver& receiver, pacing::FeedbackJoin& join,
                  pacing::FeedbackBatch& batch) {
  wire::RtcpReader reader(bytes);
  wire::RtcpBlock block;
  wire::TransportCc feedback;
  wire::TransportCcReader statuses;
  if (!reader.next(block) ||
      wire::parse_transport_cc(block, feedback, statuses) != wire::ParseError::kNone) {
    return false;
  }
  batch.clear();
  join.join(feedback, statuses, receiver.now, receiver.history, batch);
  return true;
}

// Messages about so many packets each, parsed and joined with what was sent; time per packet.
void join_feedback(benchmark::State& state) {
  constexpr size_t kMessages = 64;
  Receiver receiver(state.range(0));
  pacing::FeedbackJoin join;
  pacing::FeedbackBatch batch;
  std::vector<std::array<uint8_t, 1200>> messages(kMessages);
  std::array<size_t, kMessages> sizes;
  for (auto _ : state) {
    state.PauseTiming();
    for (size_t i = 0; i < kMessages; ++i) receiver.write_message(messages[i], sizes[i]);
    state.ResumeTiming();
    for (size_t i = 0; i < kMessages; ++i) {
      if (!take_message(std::span(messages[i]).first(sizes[i]), receiver, join, batch)) {
        return state.SkipWithError("a message was refused");
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kMessages) * state.range(0));
}
BENCHMARK(join_feedback)->Arg(20)->Arg(100);

}  // namespace

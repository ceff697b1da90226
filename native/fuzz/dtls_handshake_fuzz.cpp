// A stranger's datagrams in the middle of a real handshake, and noise over the real client's: keys
// come only when the fingerprint is the client's, answers only when one is known.
//
// Input: which fingerprint is signalled, then steps as kind and piece.
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "dtls/session.h"
#include "fuzz/expect.h"
#include "fuzz/input.h"
#include "testing/dtls_client.h"

namespace {

constexpr size_t kMaxSteps = 64;

using Datagram = std::vector<uint8_t>;
enum class Signalled : uint8_t { kRight, kWrong, kNone };

class Handshake {
 public:
  explicit Handshake(Signalled signalled)
      : signalled_(signalled), session_(certificate(), expected()) {
    crypto::Datagrams hello;
    client_.start(hello);
    enqueue(hello);
  }

  void stranger(std::span<const uint8_t> bytes) { deliver({bytes.begin(), bytes.end()}); }

  // The client's next datagram with `noise` laid over its beginning.
  void client(std::span<const uint8_t> noise) {
    if (pending_.empty()) return;
    Datagram datagram = std::move(pending_.front());
    pending_.pop_front();
    for (size_t i = 0; i < noise.size() && i < datagram.size(); ++i) datagram[i] ^= noise[i];
    deliver(datagram);
  }

  void time_passes() {
    if (session_.next_deadline().is_never()) return;
    now_ = session_.next_deadline();
    session_.handle_timeout(now_, out_);
    check();
  }

 private:
  static std::shared_ptr<const crypto::Certificate> certificate() {
    static const auto shared = crypto::Certificate::generate();
    return shared;
  }
  std::optional<crypto::Fingerprint> expected() const {
    if (signalled_ == Signalled::kNone) return std::nullopt;
    return signalled_ == Signalled::kRight ? client_.fingerprint() : crypto::Fingerprint{};
  }
  void deliver(const Datagram& datagram) {
    session_.handle_datagram(datagram, now_, out_);
    check();
  }
  void check() {
    fuzz::expect(signalled_ == Signalled::kRight || !out_.keys.has_value());
    fuzz::expect(signalled_ != Signalled::kNone || out_.datagrams.empty());
    for (size_t i = 0; i < out_.datagrams.size(); ++i) {
      crypto::Datagrams reply;
      client_.handle_datagram(out_.datagrams[i], reply);
      enqueue(reply);
    }
  }
  void enqueue(const crypto::Datagrams& datagrams) {
    for (size_t i = 0; i < datagrams.size(); ++i) {
      pending_.emplace_back(datagrams[i].begin(), datagrams[i].end());
    }
  }

  Signalled signalled_;
  testing_support::DtlsClient client_;
  dtls::Session session_;
  dtls::Output out_;
  base::Instant now_{1'000'000};
  std::deque<Datagram> pending_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input(data, size);
  Handshake handshake(static_cast<Signalled>(input.u8() % 3));
  for (size_t step = 0; step < kMaxSteps && !input.empty(); ++step) {
    switch (input.u8() % 4) {
      case 0:
        handshake.stranger(input.piece());
        break;
      case 1:
        handshake.client(input.piece());
        break;
      case 2:
        handshake.client({});
        break;
      default:
        handshake.time_passes();
    }
  }
  return 0;
}

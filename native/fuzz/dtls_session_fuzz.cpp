// DTLS datagrams from a stranger, alone and in the middle of a real handshake.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "base/byte_reader.h"
#include "dtls/session.h"
#include "testing/dtls_client.h"

namespace {

using Datagram = std::vector<uint8_t>;

class Run {
 public:
  // With the wrong fingerprint nothing may ever connect; without one nothing is answered.
  explicit Run(uint8_t selector)
      : knows_(selector % 3), session_(certificate(), expected(selector)) {
    crypto::Datagrams flight;
    client_.start(flight);
    enqueue(flight);
  }

  void stranger(std::span<const uint8_t> bytes) { deliver({bytes.begin(), bytes.end()}); }

  // The client's next datagram, with `noise` laid over it.
  void client(std::span<const uint8_t> noise) {
    if (pending_.empty()) return;
    Datagram datagram = std::move(pending_.front());
    pending_.pop_front();
    for (size_t i = 0; i < noise.size() && i < datagram.size(); ++i) datagram[i] ^= noise[i];
    deliver(datagram);
  }

  void time_passes() {
    if (!session_.next_deadline().is_never()) now_ = session_.next_deadline();
    session_.handle_timeout(now_, out_);
    check();
  }

 private:
  static std::shared_ptr<const crypto::Certificate> certificate() {
    static const auto shared = crypto::Certificate::generate();
    return shared;
  }
  std::optional<crypto::Fingerprint> expected(uint8_t selector) const {
    if (selector % 3 == 0) return client_.fingerprint();
    if (selector % 3 == 1) return crypto::Fingerprint{};
    return std::nullopt;
  }
  void deliver(const Datagram& datagram) {
    session_.handle_datagram(datagram, now_, out_);
    check();
  }
  void check() {
    const bool is_answered = !out_.datagrams.empty();
    if ((knows_ != 0 && out_.keys.has_value()) || (knows_ == 2 && is_answered)) std::abort();
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

  uint8_t knows_;
  testing_support::DtlsClient client_;
  dtls::Session session_;
  dtls::Output out_;
  base::Instant now_{1};
  std::deque<Datagram> pending_;
};

}  // namespace

// Input: a selector, then steps as (kind, length, bytes).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  base::ByteReader reader({data, size});
  Run run(reader.u8());
  while (reader.remaining() != 0) {
    const uint8_t kind = reader.u8() % 4;
    if (kind == 3) {
      run.time_passes();
      continue;
    }
    const auto bytes = reader.bytes(std::min<size_t>(reader.u16(), reader.remaining()));
    if (kind == 0) run.stranger(bytes);
    if (kind == 1) run.client(bytes);
    if (kind == 2) run.client({});
  }
  return 0;
}

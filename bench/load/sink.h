// What one subscriber has received: counted per stream by RTP sequence number, and, where it is
// observed, decrypted, verified and timed packet by packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"
#include "load/association.h"
#include "load/datagrams.h"
#include "load/histogram.h"
#include "rtp/twcc_arrivals.h"
#include "srtp/inbound_context.h"

namespace load {

// Sums over all sinks since the last mark.
struct Received {
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t in_trains = 0;  // came in a train of more than one
  uint64_t expected = 0;   // by sequence numbers
  uint64_t in_order = 0;   // of the streams that `expected` counts
  uint64_t rtcp = 0;
  uint64_t repeats = 0;   // RTX and padding: retransmissions and probes
  uint64_t feedback = 0;  // transport-wide messages sent
  uint64_t verified = 0;
  uint64_t undecryptable = 0;
  uint64_t corrupted = 0;
  Histogram delay_ns;  // sent_ns of the packet to its arrival at the socket
};

class Sink {
 public:
  // `ideal`: with the key under which the ideal forwarder sends to this sink. `transport_cc_id`: of
  // the numbers that are reported; 0: no feedback.
  Sink(crypto::SrtpCipher& cipher, const crypto::SrtpMasterKey& ideal, bool is_observed,
       uint8_t transport_cc_id)
      : is_observed_(is_observed), transport_cc_id_(transport_cc_id) {
    if (is_observed) ideal_.emplace(cipher, ideal);
  }

  bool is_observed() const { return is_observed_; }

  // A datagram of RTP or RTCP, decrypted in place where observed.
  void handle_media(const Arrival& arrival, Association& association, Received& sums);
  // The next transport-wide feedback message that is due; 0 when there is none. `now` is real time,
  // as the arrivals are.
  size_t write_feedback(base::Instant now, std::span<uint8_t> out) {
    return arrivals_.next_deadline() > now ? 0 : arrivals_.write_feedback(now, 1, 0, out);
  }
  // Adds what all streams should have had and had since the last mark, and begins anew.
  void mark(Received& sums);

 private:
  struct StreamCount {
    uint32_t ssrc = 0;
    int64_t highest = 0;  // unwrapped
    int64_t received = 0;
    int64_t marked_highest = 0;
    int64_t marked_received = 0;
  };
  void count(uint32_t ssrc, uint16_t sequence);
  void observe(const Arrival& arrival, uint32_t ssrc, Association& association, Received& sums);

  void note_arrival(const Arrival& arrival);

  bool is_observed_;
  uint8_t transport_cc_id_;
  rtp::TwccArrivals arrivals_;
  std::vector<StreamCount> streams_;  // few: searched from the front
  std::optional<srtp::InboundContext> ideal_;
};

}  // namespace load

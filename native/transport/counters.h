// What the transports of one shard count together; the names are those of ShardStats in
// contract.json, which explains itself. Every dropped packet raises exactly one `dropped_…`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace transport {

// How long paced packets waited, as a histogram (Prometheus: buckets count what is at most `le`).
struct PacerDelay {
  static constexpr std::array<base::Duration, 7> kBounds{
      base::Duration::millis(1),   base::Duration::millis(5),   base::Duration::millis(20),
      base::Duration::millis(40),  base::Duration::millis(150), base::Duration::millis(500),
      base::Duration::millis(2000)};

  void add(base::Duration delay) {
    ++packets;
    total_us += static_cast<uint64_t>(delay.us);
    for (size_t i = kBounds.size(); i-- > 0 && delay <= kBounds[i];) ++at_most[i];
  }

  uint64_t packets = 0;
  uint64_t total_us = 0;
  std::array<uint64_t, kBounds.size()> at_most{};
};

struct Counters {
  // Counts one dropped packet under its reason.
  void drop(uint64_t Counters::*reason) {
    ++(this->*reason);
    ++dropped;
  }

  uint64_t dropped = 0;  // of all reasons
  uint64_t rtp_received = 0;
  uint64_t rtcp_received = 0;
  uint64_t stun_received = 0;
  uint64_t dtls_received = 0;

  uint64_t dropped_unknown_protocol = 0;
  uint64_t dropped_unknown_address = 0;
  uint64_t dropped_malformed_stun = 0;
  uint64_t dropped_stun_ignored = 0;
  uint64_t dropped_stun_unauthenticated = 0;
  uint64_t dropped_stun_unknown_ufrag = 0;
  uint64_t dropped_plain_token = 0;
  uint64_t dropped_dtls_unvalidated = 0;
  uint64_t dropped_malformed_dtls = 0;
  uint64_t dropped_dtls_failed = 0;
  uint64_t dropped_srtp_no_keys = 0;
  uint64_t dropped_srtp_auth = 0;
  uint64_t dropped_srtp_replay = 0;
  uint64_t dropped_srtp_short = 0;
  uint64_t dropped_malformed_rtp = 0;
  uint64_t dropped_malformed_rtcp = 0;
  uint64_t dropped_unknown_ssrc = 0;
  uint64_t dropped_unknown_payload_type = 0;
  uint64_t dropped_duplicate = 0;
  uint64_t dropped_too_many_ssrcs = 0;
  uint64_t dropped_not_connected = 0;
  uint64_t dropped_slab_full = 0;
  uint64_t dropped_queue_full = 0;
  uint64_t dropped_unprotectable = 0;

  uint64_t nack_received = 0;
  uint64_t nack_sent = 0;
  uint64_t pli_received = 0;
  uint64_t pli_sent = 0;
  uint64_t fir_received = 0;
  uint64_t rtx_sent = 0;
  uint64_t rtx_received = 0;
  uint64_t rtx_history_miss = 0;
  uint64_t padding_sent = 0;
  PacerDelay pacer_delay;
  uint64_t twcc_feedback_sent = 0;
  uint64_t twcc_feedback_received = 0;
  uint64_t twcc_feedback_lost = 0;
  uint64_t twcc_history_miss = 0;
  uint64_t handshakes_done = 0;
  uint64_t handshakes_failed = 0;
};

}  // namespace transport

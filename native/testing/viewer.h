// A subscriber that asks for what it misses, as a browser does, and keeps book of what it gets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>

#include "base/time.h"
#include "rtp/inbound_stream.h"
#include "testing/virtual_peer.h"

namespace testing_support {

class Viewer {
 public:
  // `rtt`: the round trip to the node, as a browser knows it from RTCP; nullopt: measured by NACKs.
  Viewer(VirtualPeer& peer, uint32_t ssrc, uint32_t rtx_ssrc,
         std::optional<base::Duration> rtt = std::nullopt);

  // Takes what has arrived since the last call, and asks for what is missing.
  void step(base::Instant now);
  // Takes only.
  void read(base::Instant now);

  // Unwrapped numbers that arrived.
  const std::set<int64_t>& numbers() const { return numbers_; }
  // Of a VideoSource's packets, by the number in the payload: when each was there.
  const std::map<uint16_t, base::Instant>& arrived_at() const { return arrived_at_; }
  size_t repaired() const { return repaired_; }
  size_t nacks_sent() const { return nacks_sent_; }

 private:
  void take(const ReceivedRtp& packet, base::Instant now);

  VirtualPeer& peer_;
  uint32_t rtx_ssrc_;
  std::optional<base::Duration> rtt_;
  rtp::InboundStream stream_;
  size_t read_ = 0;
  size_t repaired_ = 0;
  size_t nacks_sent_ = 0;
  std::set<int64_t> numbers_;
  std::map<uint16_t, base::Instant> arrived_at_;
};

}  // namespace testing_support

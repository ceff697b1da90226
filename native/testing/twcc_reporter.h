// The transport-wide feedback that a subscriber's browser sends: every packet that reaches a peer
// is noted when it comes, messages leave when they are due.
#pragma once

#include <cstddef>

#include "base/time.h"
#include "rtp/twcc_arrivals.h"
#include "testing/virtual_peer.h"

namespace testing_support {

class TwccReporter {
 public:
  // `extension_id`: of the transport-wide number, as negotiated.
  TwccReporter(VirtualPeer& peer, uint8_t extension_id) : peer_(peer), id_(extension_id) {}

  // Call at least every millisecond: arrivals are taken to be now.
  void step(base::Instant now);

 private:
  VirtualPeer& peer_;
  uint8_t id_;
  size_t read_ = 0;
  rtp::TwccArrivals arrivals_;
};

}  // namespace testing_support

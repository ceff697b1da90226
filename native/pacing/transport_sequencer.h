// The transport-wide sequence number: one counter per association across all its SSRCs, taken at
// the moment a packet is handed to the socket; a retransmission gets a new one (algorithms R1.1).
#pragma once

#include <cstdint>

namespace pacing {

class TransportSequencer {
 public:
  // Unwrapped; the low 16 bits go on the wire. The counter outlives ICE restarts (R1.21).
  int64_t take() { return next_++; }
  // The last one taken; -1 before the first.
  int64_t last() const { return next_ - 1; }

 private:
  int64_t next_ = 0;
};

}  // namespace pacing

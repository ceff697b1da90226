// Transport-wide congestion control feedback, PT 205 FMT 15
// (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
//
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |V=2|P|  FMT=15 |    PT=205     |           length              |
// |                     SSRC of packet sender                     |
// |                      SSRC of media source                     |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |      base sequence number     |      packet status count      |
// |                 reference time                | fb pkt. count |
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |          packet chunk         |         packet chunk          |
// |                              ...                              |
// |           recv delta          |  recv delta   | zero padding  |
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/parse_error.h"
#include "wire/rtcp.h"

namespace wire {

inline constexpr int64_t kTransportCcTickUs = 250;         // unit of a receive delta
inline constexpr int64_t kTransportCcReferenceUs = 64000;  // unit of the reference time

struct TransportCc {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  uint16_t base_sequence = 0;
  uint16_t status_count = 0;    // ≥ 1
  uint32_t reference_time = 0;  // 24 bits, units of 64 ms, wraps after 12.4 days
  uint8_t feedback_count = 0;

  bool operator==(const TransportCc&) const = default;
};

// One reported packet. `offset_us` counts from reference_time × 64 ms and is meaningful only when
// received; it is a multiple of 250 and may be negative.
struct PacketStatus {
  uint16_t sequence = 0;
  bool received = false;
  int64_t offset_us = 0;
};

// Walks the packets of a message that `parse_transport_cc` has accepted, in sequence order.
class TransportCcReader {
 public:
  TransportCcReader() = default;
  // False after status_count packets.
  bool next(PacketStatus& status);

 private:
  friend ParseError parse_transport_cc(const RtcpBlock&, TransportCc&, TransportCcReader&);
  uint8_t next_symbol();

  const uint8_t* chunk_ = nullptr;  // the next one to open
  const uint8_t* delta_ = nullptr;  // the next one to read
  int64_t offset_us_ = 0;
  uint16_t sequence_ = 0;
  uint16_t left_ = 0;
  uint16_t open_chunk_ = 0;
  uint16_t open_left_ = 0;  // symbols left in it
};

// Checks the whole message first (reserved symbols, truncated chunks or deltas, a count of 0
// refuse it), so that walking it cannot fail. Surplus symbols and odd padding are tolerated.
ParseError parse_transport_cc(const RtcpBlock& block, TransportCc& feedback,
                              TransportCcReader& packets);

// One arrival to report: the unwrapped transport-wide number and when it came, microseconds on any
// monotonic clock.
struct PacketArrival {
  int64_t sequence = 0;
  int64_t arrival_us = 0;
};

// Writes one message about all numbers from `first_sequence` to the last arrival's: those that are
// not in `arrivals` are reported lost. `arrivals`: ascending sequence, at least one, none below
// `first_sequence`. base_sequence, status_count and reference_time of `feedback` are filled in
// here. Ends early where `out` is full, a delta leaves ±8.19 s or 65 535 packets are reported;
// `taken` tells how many arrivals are in, and the caller goes on with a further message from there.
// Returns the packet's size, 0 when nothing fits.
size_t write_transport_cc(TransportCc& feedback, int64_t first_sequence,
                          std::span<const PacketArrival> arrivals, std::span<uint8_t> out,
                          size_t& taken);

}  // namespace wire

// The media packets of one flush, over all transports of a shard: one protect job each, so that the
// cipher works on many packets of many keys at once (design §6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "crypto/srtp_cipher.h"
#include "transport/association.h"
#include "wire/out_packet.h"

namespace transport {

class SendBatch {
 public:
  // Packets protected at once. A multi-buffer cipher gains little beyond 64; more would push the
  // first payloads out of the L2 cache before they are read.
  static constexpr size_t kMaxPackets = 256;

  explicit SendBatch(crypto::SrtpCipher& cipher);

  // Writes the header into the slab, with `number` as transport-wide sequence number, and takes the
  // packet's payload. Returns the datagram's size; 0 when it is dropped (counted). Its bytes are
  // complete after `protect`.
  size_t add(Association& association, wire::OutPacket& packet, uint16_t number, base::Instant now,
             SendSlab& slab, Counters& counters);
  // Finishes every packet in its place in the slab and lets go of the payloads.
  void protect();

 private:
  const wire::SendTime& send_time(base::Instant now);

  crypto::SrtpCipher& cipher_;
  base::Instant time_;
  wire::SendTime send_time_ = wire::write_abs_send_time(0);  // of `time_`
  std::vector<base::PacketRef> payloads_;                    // that the jobs read
  std::vector<crypto::ProtectJob> jobs_;
};

// Where a transport's media goes when it leaves.
struct Outlet {
  SendBatch& batch;
  SendSlab& slab;
  Counters& counters;
};

}  // namespace transport

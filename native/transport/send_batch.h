// The media packets of one flush, over all transports of a shard: their headers as bytes and one
// protect job each, so that the cipher works on many packets of many keys at once (design §6).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
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

  SendBatch();

  // Whether `add` would have to refuse: protect, or send the slab, first.
  bool full() const { return packets_.size() == kMaxPackets; }
  bool empty() const { return packets_.empty(); }
  // Serialises the header with `number` as transport-wide sequence number and takes the packet.
  // Returns the datagram's size; 0 when it is dropped (counted).
  size_t add(Association& association, wire::OutPacket packet, uint16_t number, base::Instant now,
             SendSlab& slab, Counters& counters);
  // Finishes every packet in its place in the slab and lets go of the payloads.
  void protect(crypto::SrtpCipher& cipher);

 private:
  std::vector<wire::OutPacket> packets_;  // capacity kMaxPackets: jobs point into them
  std::vector<crypto::ProtectJob> jobs_;
  std::unique_ptr<uint8_t[]> headers_;
  size_t headers_used_ = 0;
};

}  // namespace transport

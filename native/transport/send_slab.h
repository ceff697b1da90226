// The datagrams of one flush: one contiguous buffer per shard in which every outgoing packet is
// finished (protected straight into its place), and the list that says where each one goes.
//
// The slab is reset after the driver has sent it. When it is full, whoever wants to add keeps what
// it has (media waits in the pacer) and the driver flushes again: nothing is allocated on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/address.h"

namespace transport {

// One datagram to send. `bytes` points into the slab and is valid until the slab is reset.
struct Transmit {
  base::FiveTuple path;
  std::span<const uint8_t> bytes;
  // The transport that sends, as a packed handle (index + generation << 32 + shard << 48).
  uint64_t transport = 0;
};

class SendSlab {
 public:
  // Bytes of one flush: they stay in the L2 cache from the cipher that writes them to the kernel
  // that reads them. Raising it makes larger sendmmsg batches and leaves that cache; lowering it
  // means more calls.
  static constexpr size_t kCapacity = 1u << 18;
  // What media leaves free for STUN, DTLS and RTCP of the same flush.
  static constexpr size_t kControlReserve = kCapacity / 4;

  SendSlab();

  // Space for one datagram of at most `size` bytes; empty when the slab is full. The space becomes
  // a datagram only by `commit`, until then the next `reserve` returns the same bytes again.
  std::span<uint8_t> reserve(size_t size);
  // Turns the first `size` bytes of the last reservation into a datagram.
  void commit(const base::FiveTuple& path, size_t size, uint64_t transport);

  bool has_room_for_media() const { return kCapacity - used_ > kControlReserve; }
  bool has_room_for_control() const { return kCapacity - used_ > kControlReserve / 4; }
  const std::vector<Transmit>& transmits() const { return transmits_; }
  // Forgets every datagram: their bytes may be overwritten from now on.
  void reset();

 private:
  std::unique_ptr<uint8_t[]> bytes_;
  size_t used_ = 0;
  std::vector<Transmit> transmits_;
};

}  // namespace transport

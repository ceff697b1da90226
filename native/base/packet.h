// Packet buffers of one shard: a slab of fixed-size, reference-counted blocks that never moves and
// is never freed while its shard lives.
//
// A packet is read from the socket into a block, decrypted in place, and from then on shared by
// every forwarder, the retransmission history and the pacer: the payload is never copied per
// subscriber (design §6). Counts are plain integers: only the owning shard touches them. A block
// that crosses to another shard carries `owner`, and goes home by that shard's ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace base {

// Largest datagram that is accepted: Ethernet's 1500 with room for SRTP and jumbo-free paths.
// Raising it costs memory per block; lowering it drops packets of senders with larger MTUs.
inline constexpr size_t kPacketCapacity = 2048;

class PacketPool;

struct PacketBlock {
  PacketPool* pool = nullptr;
  PacketBlock* next_free = nullptr;
  uint32_t references = 0;
  uint16_t owner_shard = 0;
  uint16_t size = 0;
  uint8_t bytes[kPacketCapacity];
};

// Intrusive reference to a block. Copying shares, moving transfers.
class PacketRef {
 public:
  PacketRef() = default;
  explicit PacketRef(PacketBlock* block) : block_(block) {
    if (block_ != nullptr) ++block_->references;
  }
  PacketRef(const PacketRef& other) : PacketRef(other.block_) {}
  PacketRef(PacketRef&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  PacketRef& operator=(PacketRef other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~PacketRef() { reset(); }

  void reset();
  explicit operator bool() const { return block_ != nullptr; }
  PacketBlock* get() const { return block_; }
  std::span<uint8_t> bytes() const { return {block_->bytes, block_->size}; }
  void resize(size_t size) const { block_->size = static_cast<uint16_t>(size); }

 private:
  PacketBlock* block_ = nullptr;
};

// Owns every block of one shard. `acquire` returns an empty reference when the bound is reached:
// the caller drops the packet and counts it.
class PacketPool {
 public:
  // max_blocks: what gets worse when lowered is how long retransmission history can be under load;
  // when raised, the memory of a shard (about 2.1 kB a block, allocated in chunks on first use).
  PacketPool(uint16_t shard, size_t max_blocks);
  ~PacketPool();
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  PacketRef acquire();
  size_t blocks_in_use() const { return in_use_; }

 private:
  friend class PacketRef;
  void release(PacketBlock* block);
  bool grow();

  uint16_t shard_;
  size_t max_blocks_;
  size_t allocated_ = 0;
  size_t in_use_ = 0;
  PacketBlock* free_ = nullptr;
  std::vector<std::unique_ptr<PacketBlock[]>> chunks_;
};

inline void PacketRef::reset() {
  if (block_ == nullptr) return;
  PacketBlock* block = std::exchange(block_, nullptr);
  if (--block->references == 0) block->pool->release(block);
}

}  // namespace base

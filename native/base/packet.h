// Packet buffers of one shard: a slab of fixed-size, reference-counted blocks that never moves and
// is never freed while its shard lives.
//
// A packet is read from the socket into a block, decrypted in place, and from then on shared by
// every forwarder, the retransmission history and the pacer: the payload is never copied per
// subscriber (design §6).
//
// Counts are plain integers, touched by the shard whose pool the block belongs to and by nobody
// else. Across shards bytes are lent: the lender keeps one reference for each shard that has them,
// and there a block without bytes of its own, borrowed, stands for them. When its last reference
// goes, the lender's block is due to go home (take_returned), by a ring between the two shards.
// Lent bytes are not written any more, by anybody.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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
  uint8_t* bytes = nullptr;       // kPacketCapacity of its pool's, or another shard's
  PacketBlock* lender = nullptr;  // of borrowed bytes: the block to be returned
  uint32_t references = 0;
  uint16_t shard = 0;  // whose bytes they are
  uint16_t size = 0;
};

// Bytes on their way to another shard and back: what crosses.
struct LentPacket {
  PacketBlock* lender = nullptr;  // for the lending shard alone to look into
  uint8_t* bytes = nullptr;
  uint16_t size = 0;
  uint16_t shard = 0;  // the lending one
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
  // Keeps one reference for the shard that borrows, until `return_lent`.
  LentPacket lend() const;
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
  // max_blocks: what gets worse when lowered is how long retransmission history can be under load
  // (engine/reclaim.h); when raised, the memory of a shard (about 2.1 kB a block, allocated in
  // chunks on first use).
  PacketPool(uint16_t shard, size_t max_blocks);
  ~PacketPool();
  PacketPool(const PacketPool&) = delete;
  PacketPool& operator=(const PacketPool&) = delete;

  PacketRef acquire();
  size_t blocks_in_use() const { return in_use_; }
  // Seven eighths are in use: what need not be held should be let go of, until `is_relieved`.
  bool is_short() const { return in_use_ >= max_blocks_ - max_blocks_ / 8; }
  bool is_relieved() const { return in_use_ <= max_blocks_ - max_blocks_ / 4; }

  // Another shard's bytes as a packet of this pool. How many there are at once is bounded by what
  // the others lend (engine/relay_link.h); 56 bytes each.
  PacketRef borrow(const LentPacket& lent);
  size_t borrowed() const { return borrowed_; }
  // A borrowed packet that nobody holds any more, to be given back to its lender; nullopt when
  // there is none.
  std::optional<LentPacket> take_returned();
  // One of ours came back.
  static void return_lent(PacketBlock* lender);

 private:
  friend class PacketRef;
  struct Chunk {
    std::unique_ptr<PacketBlock[]> blocks;
    std::unique_ptr<uint8_t[]> bytes;
  };

  void release(PacketBlock* block);
  bool grow();
  void grow_borrowed();

  uint16_t shard_;
  size_t max_blocks_;
  size_t allocated_ = 0;
  size_t in_use_ = 0;
  size_t borrowed_ = 0;
  PacketBlock* free_ = nullptr;
  PacketBlock* free_borrowed_ = nullptr;
  PacketBlock* returned_ = nullptr;
  std::vector<Chunk> chunks_;
};

inline LentPacket PacketRef::lend() const {
  ++block_->references;
  return {block_, block_->bytes, block_->size, block_->shard};
}

inline void PacketRef::reset() {
  if (block_ == nullptr) return;
  PacketBlock* block = std::exchange(block_, nullptr);
  if (--block->references == 0) block->pool->release(block);
}

}  // namespace base

#include "base/packet.h"

#include <algorithm>

namespace base {

namespace {
constexpr size_t kBlocksPerChunk = 256;
}

PacketPool::PacketPool(uint16_t shard, size_t max_blocks)
    : shard_(shard), max_blocks_(max_blocks) {}

PacketPool::~PacketPool() = default;

bool PacketPool::grow() {
  const size_t count = std::min(kBlocksPerChunk, max_blocks_ - allocated_);
  if (count == 0) return false;
  chunks_.push_back({std::make_unique<PacketBlock[]>(count),
                     std::make_unique_for_overwrite<uint8_t[]>(count * kPacketCapacity)});
  const Chunk& chunk = chunks_.back();
  for (size_t i = 0; i < count; ++i) {
    PacketBlock& block = chunk.blocks[i];
    block.pool = this;
    block.bytes = chunk.bytes.get() + i * kPacketCapacity;
    block.shard = shard_;
    block.next_free = std::exchange(free_, &block);
  }
  allocated_ += count;
  return true;
}

PacketRef PacketPool::acquire() {
  if (free_ == nullptr && !grow()) return {};
  PacketBlock* block = std::exchange(free_, free_->next_free);
  block->size = 0;
  ++in_use_;
  return PacketRef(block);
}

void PacketPool::release(PacketBlock* block) {
  if (block->lender != nullptr) {
    block->next_free = std::exchange(returned_, block);
    return;
  }
  block->next_free = std::exchange(free_, block);
  --in_use_;
}

PacketRef PacketPool::borrow(const LentPacket& lent) {
  if (free_borrowed_ == nullptr) grow_borrowed();
  PacketBlock* block = std::exchange(free_borrowed_, free_borrowed_->next_free);
  block->lender = lent.lender;
  block->bytes = lent.bytes;
  block->size = lent.size;
  block->shard = lent.shard;
  ++borrowed_;
  return PacketRef(block);
}

void PacketPool::grow_borrowed() {
  chunks_.push_back({std::make_unique<PacketBlock[]>(kBlocksPerChunk), nullptr});
  for (size_t i = 0; i < kBlocksPerChunk; ++i) {
    PacketBlock& block = chunks_.back().blocks[i];
    block.pool = this;
    block.next_free = std::exchange(free_borrowed_, &block);
  }
}

std::optional<LentPacket> PacketPool::take_returned() {
  if (returned_ == nullptr) return std::nullopt;
  PacketBlock* block = std::exchange(returned_, returned_->next_free);
  const LentPacket lent{block->lender, block->bytes, block->size, block->shard};
  block->lender = nullptr;
  block->bytes = nullptr;
  block->next_free = std::exchange(free_borrowed_, block);
  --borrowed_;
  return lent;
}

void PacketPool::return_lent(PacketBlock* lender) {
  if (--lender->references == 0) lender->pool->release(lender);
}

}  // namespace base

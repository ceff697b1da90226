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
  chunks_.push_back(std::make_unique_for_overwrite<PacketBlock[]>(count));
  PacketBlock* blocks = chunks_.back().get();
  for (size_t i = 0; i < count; ++i) {
    blocks[i].pool = this;
    blocks[i].owner_shard = shard_;
    blocks[i].next_free = free_;
    free_ = &blocks[i];
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
  block->next_free = free_;
  free_ = block;
  --in_use_;
}

}  // namespace base

// The objects of one kind by handle. JavaScript chooses the index and moves the generation on when
// it reuses one, so a late command cannot hit the successor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/contract.gen.h"

namespace engine {

// Objects of one kind per shard. Higher costs 16 bytes of table per index once such an index is
// used; lower refuses meetings that a shard could still carry.
inline constexpr uint32_t kMaxObjects = 1u << 17;

template <typename T>
class HandleTable {
 public:
  // nullptr when the index is free or of another generation.
  T* find(Handle handle) const {
    T* object = at(handle.index);
    return object != nullptr && object->handle == handle ? object : nullptr;
  }
  // The object with this index, whatever its generation; nullptr when free.
  T* at(uint32_t index) const { return index < slots_.size() ? slots_[index].get() : nullptr; }

  // Whether `insert` would take this handle.
  CommandStatus check_free(Handle handle) const {
    if (handle.index >= kMaxObjects) return CommandStatus::kLimitReached;
    return at(handle.index) == nullptr ? CommandStatus::kOk : CommandStatus::kHandleInUse;
  }
  // `object->handle` must be free (see check_free). The object stays where it is until erased.
  T& insert(std::unique_ptr<T> object) {
    const uint32_t index = object->handle.index;
    if (index >= slots_.size()) slots_.resize(index + 1);
    slots_[index] = std::move(object);
    ++size_;
    return *slots_[index];
  }
  void erase(Handle handle) {
    if (find(handle) == nullptr) return;
    slots_[handle.index].reset();
    --size_;
  }

  size_t size() const { return size_; }

  // In order of index. `visit` may erase the object it is given, nothing else.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const auto& slot : slots_) {
      if (slot) visit(*slot);
    }
  }

 private:
  std::vector<std::unique_ptr<T>> slots_;
  size_t size_ = 0;
};

}  // namespace engine

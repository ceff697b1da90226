// A first-in first-out queue of fixed capacity, its storage inside the object. One thread.
#pragma once

#include <array>
#include <cstddef>
#include <utility>

#include "base/prefetch.h"

namespace base {

// T must be default constructible; popped places are reset to T{} so that references they held
// (packet blocks) go home at once.
template <typename T, size_t kCapacity>
class Ring {
  static_assert(kCapacity > 0);

 public:
  static constexpr size_t capacity() { return kCapacity; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == kCapacity; }

  // Asks for what `empty` reads.
  void prefetch_size() const { prefetch_bytes(&head_, &size_ + 1); }

  // False, leaving the ring as it was, when full.
  bool push(T value) {
    if (full()) return false;
    items_[place(size_)] = std::move(value);
    ++size_;
    return true;
  }
  // Pushes, and forgets the oldest item first when full.
  void push_over(T value) {
    if (full()) pop();
    push(std::move(value));
  }
  // Removes and returns the oldest item. The ring must not be empty.
  T pop() {
    T value = std::exchange(items_[head_], T{});
    head_ = place(1);
    --size_;
    return value;
  }
  void clear() {
    while (!empty()) pop();
  }

  // 0 is the oldest item.
  T& operator[](size_t index) { return items_[place(index)]; }
  const T& operator[](size_t index) const { return items_[place(index)]; }
  T& front() { return items_[head_]; }
  const T& front() const { return items_[head_]; }
  T& back() { return (*this)[size_ - 1]; }
  const T& back() const { return (*this)[size_ - 1]; }

 private:
  size_t place(size_t index) const {
    const size_t at = head_ + index;
    return at < kCapacity ? at : at - kCapacity;
  }

  std::array<T, kCapacity> items_{};
  size_t head_ = 0;
  size_t size_ = 0;
};

}  // namespace base

// A bounded queue between two threads, one that writes and one that reads, without locks. What was
// written becomes visible by `publish`, many items at a time.
//
// The writer's and the reader's members may be called at the same time; two of the same side may
// not. Neither side waits: a full ring refuses, an empty one gives nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>

namespace base {

// Apart by so much, two variables do not share a cache line, nor its neighbour that is fetched
// along.
inline constexpr size_t kApart = 128;

// Memory of places that were never used is never touched: a ring costs what its traffic needs.
template <typename T>
class SpscRing {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  // `capacity` is a power of two.
  explicit SpscRing(size_t capacity)
      : mask_(capacity - 1),
        places_(std::make_unique_for_overwrite<std::byte[]>(capacity * sizeof(Place))) {}

  size_t capacity() const { return mask_ + 1; }

  // Writer: items that the reader has not taken, those not published included. May be more than
  // there are by now, never fewer.
  size_t size() {
    if (written_ - taken_seen_ > capacity() / 2)
      taken_seen_ = taken_.load(std::memory_order_acquire);
    return written_ - taken_seen_;
  }
  // Writer. False, leaving the ring as it was, when full.
  bool push(const T& value) {
    if (size() == capacity()) return false;
    ::new (place(written_)) Place{value};
    ++written_;
    return true;
  }
  // Writer: the reader sees all that was pushed. False when there was nothing new.
  bool publish() {
    if (published_.load(std::memory_order_relaxed) == written_) return false;
    published_.store(written_, std::memory_order_release);
    return true;
  }

  // Reader: how many are there to be taken now.
  size_t available() {
    published_seen_ = published_.load(std::memory_order_acquire);
    return published_seen_ - taken_.load(std::memory_order_relaxed);
  }
  // Reader: the oldest item, of which the last `available` has told.
  const T& front() const {
    const void* oldest = place(taken_.load(std::memory_order_relaxed));
    return std::launder(static_cast<const Place*>(oldest))->value;
  }
  // Reader: `front` is done with.
  void pop() {
    taken_.store(taken_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

 private:
  struct Place {
    T value;
  };

  void* place(size_t number) const { return places_.get() + (number & mask_) * sizeof(Place); }

  const size_t mask_;
  const std::unique_ptr<std::byte[]> places_;
  // Of the writer.
  alignas(kApart) size_t written_ = 0;
  size_t taken_seen_ = 0;
  alignas(kApart) std::atomic<size_t> published_ = 0;
  // Of the reader.
  alignas(kApart) std::atomic<size_t> taken_ = 0;
  size_t published_seen_ = 0;
};

}  // namespace base

// A map whose keys are 32-bit numbers (SSRCs, handles): one block of memory with open addressing,
// so that finding one reads a cache line or two however many there are. Who inserts keeps the
// bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace base {

template <typename Value>
class NumberMap {
 public:
  size_t size() const { return size_; }

  // Valid until the next insert or erase; nullptr when unknown.
  Value* find(uint32_t key) {
    if (places_.empty()) return nullptr;
    Place& place = places_[place_of(key)];
    return place.taken ? &place.value : nullptr;
  }
  const Value* find(uint32_t key) const { return const_cast<NumberMap*>(this)->find(key); }

  // In place of what the key had before, if anything. May allocate.
  void set(uint32_t key, Value value) {
    if (2 * (size_ + 1) > places_.size()) grow();
    Place& place = places_[place_of(key)];
    size_ += place.taken ? 0 : 1;
    place = {key, true, std::move(value)};
  }

  // Whoever was moved on because of it moves back, so that searches stay as short as they were.
  void erase(uint32_t key) {
    if (places_.empty()) return;
    size_t gap = place_of(key);
    if (!places_[gap].taken) return;
    for (size_t at = next(gap); places_[at].taken; at = next(at)) {
      const size_t wanted = first_of(places_[at].key);
      if (((at - wanted) & mask()) < ((at - gap) & mask())) continue;
      places_[gap] = std::move(places_[at]);
      gap = at;
    }
    places_[gap] = {};
    --size_;
  }

  // `visit(key, value)`, in an order that means nothing.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Place& place : places_) {
      if (place.taken) visit(place.key, place.value);
    }
  }

 private:
  struct Place {
    uint32_t key = 0;
    bool taken = false;
    Value value{};
  };
  static constexpr size_t kSmallest = 8;

  size_t mask() const { return places_.size() - 1; }
  size_t next(size_t at) const { return (at + 1) & mask(); }

  // The upper half of the product: every bit of the key has a part in it.
  size_t first_of(uint32_t key) const {
    return static_cast<size_t>(key * uint64_t{0x9e3779b97f4a7c15} >> 32) & mask();
  }

  // Where the key is, or would be: at least half of the places are free.
  size_t place_of(uint32_t key) const {
    size_t at = first_of(key);
    while (places_[at].taken && places_[at].key != key) at = next(at);
    return at;
  }

  void grow() {
    const size_t size = places_.empty() ? kSmallest : 2 * places_.size();
    std::vector<Place> before = std::exchange(places_, std::vector<Place>(size));
    for (Place& place : before) {
      if (place.taken) places_[place_of(place.key)] = std::move(place);
    }
  }

  size_t size_ = 0;
  std::vector<Place> places_;  // a power of two of them
};

}  // namespace base

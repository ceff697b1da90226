// A map of at most kCapacity entries in an array, searched linearly: the container for small sets
// keyed by remote input (SSRCs of a transport). It never allocates and refuses the entry too many.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace base {

template <typename Key, typename Value, size_t kCapacity>
class FlatMap {
 public:
  struct Entry {
    Key key{};
    Value value{};
  };

  size_t size() const { return size_; }
  bool full() const { return size_ == kCapacity; }

  Value* find(const Key& key) {
    for (Entry& entry : entries()) {
      if (entry.key == key) return &entry.value;
    }
    return nullptr;
  }
  const Value* find(const Key& key) const { return const_cast<FlatMap*>(this)->find(key); }

  // The value of `key`, created from T{} when new; nullptr when it is new and the map is full.
  // Pointers stay valid until the next erase.
  Value* find_or_insert(const Key& key) {
    if (Value* existing = find(key)) return existing;
    if (full()) return nullptr;
    Entry& entry = entries_[size_++];
    entry.key = key;
    return &entry.value;
  }

  // Moves the last entry into the gap.
  bool erase(const Key& key) {
    for (Entry& entry : entries()) {
      if (entry.key != key) continue;
      Entry& last = entries_[--size_];
      if (&entry != &last) entry = std::move(last);
      last = Entry{};
      return true;
    }
    return false;
  }

  std::span<Entry> entries() { return {entries_.data(), size_}; }
  std::span<const Entry> entries() const { return {entries_.data(), size_}; }

 private:
  std::array<Entry, kCapacity> entries_{};
  size_t size_ = 0;
};

}  // namespace base

// A bounded map from SSRC to a small state: sorted, found by halving, grown only by insert.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/prefetch.h"

namespace srtp {

template <typename T>
class SsrcTable {
 public:
  explicit SsrcTable(size_t limit) : limit_(limit) {}

  // Valid until the next insert; nullptr when unknown.
  T* find(uint32_t ssrc) {
    const auto it = lower_bound(ssrc);
    return it != entries_.end() && it->ssrc == ssrc ? &it->state : nullptr;
  }

  // Asks for the entries, as long as they are few.
  void prefetch() const {
    constexpr size_t kFew = 4;
    base::prefetch_bytes(entries_.data(), entries_.data() + std::min(entries_.size(), kFew));
  }

  bool full() const { return entries_.size() >= limit_; }
  size_t size() const { return entries_.size(); }

  // `ssrc` must be unknown and the table not full.
  T& insert(uint32_t ssrc) { return entries_.insert(lower_bound(ssrc), Entry{ssrc, T{}})->state; }

 private:
  struct Entry {
    uint32_t ssrc;
    T state;
  };

  auto lower_bound(uint32_t ssrc) {
    return std::lower_bound(entries_.begin(), entries_.end(), ssrc,
                            [](const Entry& entry, uint32_t value) { return entry.ssrc < value; });
  }

  size_t limit_;
  std::vector<Entry> entries_;
};

}  // namespace srtp

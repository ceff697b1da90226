// A bounded map from SSRC to its replay window: a hash table with open addressing, so that finding
// one reads one cache line. Nothing is ever removed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/prefetch.h"
#include "srtp/replay_window.h"

namespace srtp {

class SsrcTable {
 public:
  // At most `limit` SSRCs. A peer that chooses its SSRCs so that they collide makes a search as
  // long as that.
  explicit SsrcTable(size_t limit) : limit_(limit) {}

  // Valid until the next insert; nullptr when unknown.
  ReplayWindow* find(uint32_t ssrc) {
    if (places_.empty()) return nullptr;
    Place& place = place_of(ssrc);
    return place.window.started() ? &place.window : nullptr;
  }

  // Asks for what `find` reads.
  void prefetch(uint32_t ssrc) const {
    if (!places_.empty()) base::prefetch(places_[first_of(ssrc)]);
  }

  bool full() const { return size_ >= limit_; }

  // Marks the first index of an SSRC. It must be unknown and the table not full.
  void insert(uint32_t ssrc, uint64_t index) {
    if (2 * (size_ + 1) > places_.size()) grow();
    Place& place = place_of(ssrc);
    place.ssrc = ssrc;
    place.window.mark(index);
    ++size_;
  }

 private:
  struct Place {
    uint32_t ssrc = 0;
    ReplayWindow window;  // nothing was seen: the place is free
  };
  static_assert(sizeof(Place) == 32);
  static constexpr size_t kSmallest = 8;

  // The upper half of the product: every bit of the SSRC has a part in it.
  size_t first_of(uint32_t ssrc) const {
    return static_cast<size_t>(ssrc * uint64_t{0x9e3779b97f4a7c15} >> 32) & (places_.size() - 1);
  }

  // Where the SSRC is, or would be: at least half of the places are free.
  Place& place_of(uint32_t ssrc) {
    size_t at = first_of(ssrc);
    while (places_[at].window.started() && places_[at].ssrc != ssrc) {
      at = (at + 1) & (places_.size() - 1);
    }
    return places_[at];
  }

  void grow() {
    const size_t size = places_.empty() ? kSmallest : 2 * places_.size();
    std::vector<Place> before = std::exchange(places_, std::vector<Place>(size));
    for (Place& place : before) {
      if (place.window.started()) place_of(place.ssrc) = std::move(place);
    }
  }

  size_t limit_;
  size_t size_ = 0;
  std::vector<Place> places_;  // a power of two of them
};

}  // namespace srtp

#include "crowd/ear.h"

#include <algorithm>

namespace crowd {

namespace {

constexpr int64_t kPlayoutNs = 400'000'000;
// Speech comes each 20 ms, pictures each 67.
constexpr int64_t kFlowingNs = 250'000'000;

}  // namespace

void Ear::hear(uint64_t number, size_t transport, int64_t sent_ns, int64_t now_ns) {
  const bool is_first = last_ns_ == 0;
  const bool is_news = is_first || number > highest_;
  if (note(number, transport) && now_ns - sent_ns <= kPlayoutNs) ++since_.in_time;
  if (!is_news) return;
  if (since_.packets == 1) first_ = number;
  const int64_t gap_ns = is_first ? 0 : now_ns - last_ns_;
  if (gap_ns > since_.longest_ns) {
    since_.longest_ns = gap_ns;
    since_.longest_end_ns = now_ns;
  }
  last_ns_ = now_ns;
}

bool Ear::has(uint64_t number) const {
  if (number > highest_) return false;
  return highest_ - number >= kRemembered || came_.test(number % kRemembered);
}

bool Ear::note(uint64_t number, size_t transport) {
  if (number > highest_) {
    advance(number);
  } else if (has(number)) {
    // While a room moves, the same number comes by the old and by the new transport.
    if (transport == last_transport_) ++since_.repeated;
    return false;
  } else {
    ++since_.late;
  }
  came_.set(number % kRemembered);
  last_transport_ = transport;
  ++since_.packets;
  return true;
}

void Ear::advance(uint64_t number) {
  const uint64_t steps = std::min<uint64_t>(number - highest_, kRemembered);
  for (uint64_t i = 0; i < steps; ++i) came_.reset((number - i) % kRemembered);
  highest_ = number;
}

void Ear::begin(int64_t now_ns) {
  since_ = {};
  since_.was_flowing = last_ns_ != 0 && now_ns - last_ns_ < kFlowingNs;
  since_.longest_end_ns = now_ns;
}

Hearing Ear::hearing(int64_t now_ns) const {
  Hearing told = since_;
  const int64_t silent_ns = last_ns_ == 0 ? 0 : now_ns - last_ns_;
  if (silent_ns > told.longest_ns) {
    told.longest_ns = silent_ns;
    told.longest_end_ns = 0;
  }
  if (told.packets > 0) {
    const uint64_t due = highest_ - first_ + 1;
    told.lost = due > told.packets ? due - told.packets : 0;
  }
  return told;
}

}  // namespace crowd

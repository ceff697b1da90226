#include "forward/skip_map.h"

#include <bit>

namespace forward {

void SkipMap::advance(int64_t previous, int64_t highest) {
  if (highest - previous >= kSkipWindow) {
    clear();
    return;
  }
  for (int64_t number = previous + 1; number <= highest; ++number) {
    words_[word_of(number)] &= ~bit_of(number);
  }
}

void SkipMap::mark(int64_t number) { words_[word_of(number)] |= bit_of(number); }

bool SkipMap::contains(int64_t number) const {
  return (words_[word_of(number)] & bit_of(number)) != 0;
}

int64_t SkipMap::count_after(int64_t number, int64_t highest) const {
  int64_t count = 0;
  for (int64_t at = number + 1; at <= highest; at = (at | 63) + 1) {
    uint64_t word = words_[word_of(at)] & (~uint64_t{0} << (at & 63));
    const int64_t beyond = (at | 63) - highest;
    if (beyond > 0) word &= ~uint64_t{0} >> beyond;
    count += std::popcount(word);
  }
  return count;
}

}  // namespace forward

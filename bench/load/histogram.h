// Values by size in 32 steps per doubling: quantiles within 3 %, in fixed memory.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace load {

class Histogram {
 public:
  void add(int64_t value) {
    const uint64_t positive = value < 0 ? 0 : static_cast<uint64_t>(value);
    ++counts_[bucket_of(positive)];
    ++count_;
    if (positive > max_) max_ = positive;
  }

  uint64_t count() const { return count_; }
  uint64_t max() const { return max_; }

  // The smallest value that a share `q` (0 to 1) of all is not above; 0 when there is none.
  uint64_t quantile(double q) const {
    const auto rank = static_cast<uint64_t>(q * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > rank) return highest_in(i) < max_ ? highest_in(i) : max_;
    }
    return max_;
  }

 private:
  static constexpr size_t kSteps = 32;
  static constexpr size_t kBuckets = 60 * kSteps;

  static size_t bucket_of(uint64_t value) {
    if (value < kSteps) return value;
    const auto shift = static_cast<size_t>(std::bit_width(value)) - 6;
    return kSteps * (shift + 1) + ((value >> shift) - kSteps);
  }
  static uint64_t highest_in(size_t bucket) {
    if (bucket < kSteps) return bucket;
    const size_t shift = bucket / kSteps - 1;
    return ((bucket % kSteps + kSteps + 1) << shift) - 1;
  }

  std::array<uint64_t, kBuckets> counts_{};
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace load

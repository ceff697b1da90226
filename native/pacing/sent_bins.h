// How much was sent when, in bins of 5 ms, until the next feedback batch takes it to the
// controller, which finds out from it whether the application uses what it may (algorithms §1.10).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/prefetch.h"
#include "base/time.h"
#include "pacing/feedback_batch.h"

namespace pacing {

inline constexpr base::Duration kSentBin = base::Duration::millis(5);
// Bins kept: 2.5 s of sending. More is of no use to a detector that looks at 500 ms; fewer loses
// what was sent while feedback paused.
inline constexpr size_t kMaxSentBins = 512;

class SentBins {
 public:
  // `now` does not go back.
  void add(base::Instant now, uint32_t bytes) {
    const int64_t start = now.us - now.us % kSentBin.us;
    if (bins_.empty() || bins_.back().start_us != start) begin(start);
    bins_.back().bytes += bytes;
  }
  // Asks for the bin that is written next.
  void prefetch_last() const {
    if (!bins_.empty()) base::prefetch(bins_.back());
  }
  // Moves everything into the batch.
  void take(FeedbackBatch& batch);
  void clear() { bins_.clear(); }

 private:
  struct Bin {
    int64_t start_us = 0;
    uint32_t bytes = 0;
  };
  void begin(int64_t start_us);

  std::vector<Bin> bins_;
};

}  // namespace pacing

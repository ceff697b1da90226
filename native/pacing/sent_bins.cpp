#include "pacing/sent_bins.h"

namespace pacing {

void SentBins::take(FeedbackBatch& batch) {
  for (const Bin& bin : bins_) {
    batch.sent_bin_us.push_back(static_cast<double>(bin.start_us));
    batch.sent_bin_bytes.push_back(bin.bytes);
  }
  bins_.clear();
}

// Nobody may ever ask. The older half goes at once: one by one would move all for each.
void SentBins::begin(int64_t start_us) {
  if (bins_.size() == kMaxSentBins) {
    bins_.erase(bins_.begin(), bins_.begin() + kMaxSentBins / 2);
  }
  bins_.push_back({start_us, 0});
}

}  // namespace pacing

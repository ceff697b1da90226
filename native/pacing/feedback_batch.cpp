#include "pacing/feedback_batch.h"

namespace pacing {

void FeedbackBatch::clear() {
  sequences.clear();
  sent_us.clear();
  received_us.clear();
  sizes.clear();
  clusters.clear();
  flags.clear();
  cluster_facts.clear();
  sent_bin_us.clear();
  sent_bin_bytes.clear();
}

FeedbackBatch& FeedbackBatches::add() {
  if (used_ == batches_.size()) batches_.emplace_back();
  FeedbackBatch& batch = batches_[used_++];
  batch.clear();
  return batch;
}

}  // namespace pacing

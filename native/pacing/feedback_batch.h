// One feedback message joined with what was sent: what the congestion controller is fed with
// (algorithms R0.1). Columns, as they cross to JavaScript; reused, so that a batch allocates
// nothing once the vectors have grown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/time.h"

namespace pacing {

// What a cluster has to bring before it may be judged (algorithms §1.9.3).
struct ClusterFacts {
  uint32_t id = 0;
  uint16_t min_packets = 0;
  uint32_t min_bytes = 0;
};

enum FeedbackFlag : uint8_t {
  kAudioFlag = 1,
  kRepeatedFlag = 2,   // a retransmission or padding
  kRecoveredFlag = 4,  // reported lost before, received now
};

struct FeedbackBatch {
  base::Instant feedback_at;
  int64_t data_in_flight = 0;
  base::Instant last_sent_at;
  // Of equal length, in the order of sequence numbers. Doubles hold microseconds exactly.
  std::vector<double> sequences;
  std::vector<double> sent_us;
  std::vector<double> received_us;  // NaN = reported lost
  std::vector<uint32_t> sizes;
  std::vector<int32_t> clusters;
  std::vector<uint8_t> flags;
  // Of the clusters that `clusters` names, each once.
  std::vector<ClusterFacts> cluster_facts;
  // Everything sent since the last batch, by bins of send time.
  std::vector<double> sent_bin_us;
  std::vector<uint32_t> sent_bin_bytes;

  bool empty() const { return sequences.empty(); }
  void clear();
};

// The batches of one step: a compound may hold several messages.
class FeedbackBatches {
 public:
  // A cleared batch, which counts from now on.
  FeedbackBatch& add();
  // Takes the last one back.
  void drop_last() { --used_; }
  void clear() { used_ = 0; }
  std::span<const FeedbackBatch> view() const { return std::span(batches_).first(used_); }

 private:
  std::vector<FeedbackBatch> batches_;
  size_t used_ = 0;
};

}  // namespace pacing

// What other threads ask of a shard's thread. They post; the shard's epoll sees the descriptor and
// takes everything at once. Signalled on empty → not empty only, so posting in a loop wakes once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "io/descriptor.h"

namespace io {

// Requests in the order in which they must be served: batches, then stats, then stop.
struct Requests {
  std::vector<uint8_t> bytes;   // encoded batches, one behind the other
  std::vector<size_t> lengths;  // of each batch
  bool stats = false;
  bool stop = false;

  bool empty() const { return lengths.empty() && !stats && !stop; }
  void clear();
};

class CommandInbox {
 public:
  CommandInbox();

  void post_batch(std::span<const uint8_t> batch);
  void post_stats_request();
  void post_stop();

  // Readable while something waits.
  int descriptor() const { return event_.get(); }
  // Swaps what waits into `out` (whose old content is discarded) and makes the descriptor
  // unreadable.
  void take(Requests& out);

 private:
  void signal(bool was_empty) const;

  Descriptor event_;
  std::mutex mutex_;
  Requests waiting_;
};

}  // namespace io

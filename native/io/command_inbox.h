// What other threads ask of a shard's thread. They post; the shard's epoll sees the descriptor and
// takes everything at once. Signalled on empty → not empty only, so posting in a loop wakes once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "io/descriptor.h"
#include "io/tcp_listener.h"

namespace io {

// Requests in the order in which they must be served: batches, connections, stats, then stop.
struct Requests {
  std::vector<uint8_t> bytes;   // encoded batches, one behind the other
  std::vector<size_t> lengths;  // of each batch
  std::vector<AcceptedConnection> connections;
  bool stats = false;
  bool stop = false;

  bool empty() const { return lengths.empty() && connections.empty() && !stats && !stop; }
  void clear();
};

class CommandInbox {
 public:
  // Connections that wait for a shard; more are refused. They wait for one turn of its loop.
  static constexpr size_t kMaxConnections = 256;

  CommandInbox();

  void post_batch(std::span<const uint8_t> batch);
  // By the thread that accepts. False when too many wait: it is closed.
  bool post_connection(AcceptedConnection connection);
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

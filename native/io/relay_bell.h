// Wakes a shard's thread when other shards have relayed something to it, once until it has looked.
#pragma once

#include <sys/eventfd.h>

#include <atomic>

#include "io/descriptor.h"

namespace io {

class RelayBell {
 public:
  RelayBell() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

  // By any other shard's thread, after it has published. A system call only when nobody has rung
  // since the last `answer`.
  void ring() {
    if (!is_rung_.exchange(true, std::memory_order_acq_rel)) eventfd_write(event_.get(), 1);
  }
  // By its own: look into every ring after this, not before. Who publishes later rings again.
  void answer() {
    eventfd_t count = 0;
    eventfd_read(event_.get(), &count);
    is_rung_.exchange(false, std::memory_order_acq_rel);
  }
  // Readable while it rings.
  int descriptor() const { return event_.get(); }

 private:
  Descriptor event_;
  std::atomic<bool> is_rung_ = false;
};

}  // namespace io

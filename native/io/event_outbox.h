// Events on their way from a shard's thread to JavaScript's: the shard appends, the listener is
// woken once, JavaScript takes everything.
#pragma once

#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/driver.h"
#include "engine/event_queue.h"

namespace io {

class EventOutbox {
 public:
  explicit EventOutbox(engine::WakeListener wake) : wake_(std::move(wake)) {}

  // Shard's thread. Clears `events`.
  void append(engine::EventBuffer& events) {
    if (events.empty()) return;
    bool is_first = false;
    {
      const std::lock_guard lock(mutex_);
      is_first = queue_.append(events);
    }
    if (is_first) wake_();
  }

  // Events that found no room so far.
  uint64_t dropped() {
    const std::lock_guard lock(mutex_);
    return queue_.dropped();
  }

  // JavaScript's thread.
  void take(std::vector<uint8_t>& out) {
    const std::lock_guard lock(mutex_);
    queue_.take(out);
  }

 private:
  engine::WakeListener wake_;
  std::mutex mutex_;
  engine::EventQueue queue_;
};

}  // namespace io

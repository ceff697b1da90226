// The deadlines of many objects, each named by a small index: a binary heap that knows where each
// one stands, so that a deadline can be moved as often as packets arrive (O(log n)).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace engine {

class DeadlineQueue {
 public:
  // Moves or adds; Instant::never() removes.
  void set(uint32_t index, base::Instant at);
  void remove(uint32_t index) { set(index, base::Instant::never()); }

  base::Instant next() const;
  // Removes and returns one whose time has come; nullopt when there is none.
  std::optional<uint32_t> pop_due(base::Instant now);

 private:
  struct Node {
    base::Instant at;
    uint32_t index = 0;
  };
  static constexpr uint32_t kAbsent = 0xffffffff;

  void place(uint32_t position, Node node);
  void rise(uint32_t position, Node node);
  void sink(uint32_t position, Node node);
  void remove_at(uint32_t position);

  std::vector<Node> heap_;
  std::vector<uint32_t> positions_;  // by index
};

}  // namespace engine

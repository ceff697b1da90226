// What one shard's thread waits for: descriptors by kind and number.
#pragma once

#include <sys/epoll.h>

#include <cstdint>
#include <span>

#include "base/time.h"
#include "io/descriptor.h"

namespace io {

enum class SourceKind : uint8_t { kInbox, kRelays, kUdp, kListener, kPending, kConnection };

// Names a descriptor that is watched: its kind, and its number among its kind.
struct Source {
  SourceKind kind = SourceKind::kInbox;
  size_t number = 0;

  uint64_t token() const { return static_cast<uint64_t>(kind) << 56 | number; }
  static Source of(uint64_t token) {
    return {static_cast<SourceKind>(token >> 56), token & ((uint64_t{1} << 56) - 1)};
  }
};

class Epoll {
 public:
  Epoll() : descriptor_(epoll_create1(EPOLL_CLOEXEC)) {}

  // `events` as of epoll_ctl(2). Closing a descriptor ends watching it.
  void watch(int fd, Source source, uint32_t events = EPOLLIN) {
    control(EPOLL_CTL_ADD, fd, source, events);
  }
  void change(int fd, Source source, uint32_t events) {
    control(EPOLL_CTL_MOD, fd, source, events);
  }
  void forget(int fd) { epoll_ctl(descriptor_.get(), EPOLL_CTL_DEL, fd, nullptr); }

  // Waits with the clock's resolution where the kernel can (5.11), else in milliseconds, rounded
  // up: a deadline is met late, never in vain.
  int wait(std::span<epoll_event> events, base::Duration timeout);

 private:
  void control(int operation, int fd, Source source, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = source.token();
    epoll_ctl(descriptor_.get(), operation, fd, &event);
  }

  Descriptor descriptor_;
};

}  // namespace io

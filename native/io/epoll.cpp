#include "io/epoll.h"

#include <cerrno>
#include <ctime>

namespace io {

int Epoll::wait(std::span<epoll_event> events, base::Duration timeout) {
  const auto room = static_cast<int>(events.size());
  timespec span{timeout.us / 1'000'000, timeout.us % 1'000'000 * 1000};
  const int count = epoll_pwait2(descriptor_.get(), events.data(), room, &span, nullptr);
  if (count >= 0 || errno == EINTR) return count;
  return epoll_wait(descriptor_.get(), events.data(), room,
                    static_cast<int>((timeout.us + 999) / 1000));
}

}  // namespace io

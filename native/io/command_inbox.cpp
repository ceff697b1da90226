#include "io/command_inbox.h"

#include <sys/eventfd.h>

#include <utility>

namespace io {

void Requests::clear() {
  bytes.clear();
  lengths.clear();
  connections.clear();
  stats = false;
  stop = false;
}

CommandInbox::CommandInbox() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void CommandInbox::post_batch(std::span<const uint8_t> batch) {
  const std::lock_guard lock(mutex_);
  const bool was_empty = waiting_.empty();
  waiting_.bytes.insert(waiting_.bytes.end(), batch.begin(), batch.end());
  waiting_.lengths.push_back(batch.size());
  signal(was_empty);
}

bool CommandInbox::post_connection(AcceptedConnection connection) {
  const std::lock_guard lock(mutex_);
  if (waiting_.connections.size() == kMaxConnections) return false;
  const bool was_empty = waiting_.empty();
  waiting_.connections.push_back(std::move(connection));
  signal(was_empty);
  return true;
}

void CommandInbox::post_stats_request() {
  const std::lock_guard lock(mutex_);
  const bool was_empty = waiting_.empty();
  waiting_.stats = true;
  signal(was_empty);
}

void CommandInbox::post_stop() {
  const std::lock_guard lock(mutex_);
  const bool was_empty = waiting_.empty();
  waiting_.stop = true;
  signal(was_empty);
}

void CommandInbox::signal(bool was_empty) const {
  if (was_empty) eventfd_write(event_.get(), 1);
}

void CommandInbox::take(Requests& out) {
  out.clear();
  const std::lock_guard lock(mutex_);
  eventfd_t count = 0;
  eventfd_read(event_.get(), &count);
  std::swap(waiting_, out);
}

}  // namespace io

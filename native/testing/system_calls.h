// Counts the system calls of one thread of the test program by their numbers, as another process
// sees them (ptrace(2)): no call of any library hides from it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace testing_support {

// The thread of this process that has a name (pthread_setname_np); 0: none.
pid_t find_thread(const std::string& name);

class SystemCalls {
 public:
  // Numbers from here on count as the last one; Linux has fewer.
  static constexpr size_t kNumbers = 1024;

  // The thread is traced from here on, until this is destroyed or stopped.
  explicit SystemCalls(pid_t thread);
  ~SystemCalls();
  SystemCalls(const SystemCalls&) = delete;
  SystemCalls& operator=(const SystemCalls&) = delete;

  // Why nothing is traced, as errno says it; 0: it is.
  int error() const { return error_; }
  void stop();
  // Calls begun so far.
  uint64_t of(size_t number) const { return counts_[number]; }

 private:
  pid_t tracer_ = 0;
  int error_ = 0;
  std::atomic<uint64_t>* counts_ = nullptr;  // kNumbers, shared with the tracer
};

}  // namespace testing_support

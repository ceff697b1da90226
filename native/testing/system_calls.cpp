#include "testing/system_calls.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>

namespace testing_support {

namespace {

using Counts = std::atomic<uint64_t>*;

// Stops at system calls are told from signals by this bit (PTRACE_O_TRACESYSGOOD).
constexpr int kAtSystemCall = SIGTRAP | 0x80;

// Of the stopped thread; errno where the kernel cannot say (Linux has it since 5.3).
int read_stop(pid_t thread, __ptrace_syscall_info& info) {
  return ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) < 0 ? errno : 0;
}

bool await_stop(pid_t thread, int& status) {
  return waitpid(thread, &status, __WALL) == thread && WIFSTOPPED(status);
}

int seize(pid_t thread) {
  int status = 0;
  __ptrace_syscall_info info{};
  if (ptrace(PTRACE_SEIZE, thread, nullptr, PTRACE_O_TRACESYSGOOD) != 0 ||
      ptrace(PTRACE_INTERRUPT, thread, nullptr, nullptr) != 0) {
    return errno;
  }
  return await_stop(thread, status) ? read_stop(thread, info) : ESRCH;
}

// Until the thread ends or this process is killed, which lets the thread go on untraced.
void count_calls(pid_t thread, Counts counts) {
  int status = 0;
  int signal = 0;
  while (ptrace(PTRACE_SYSCALL, thread, nullptr, signal) == 0 && await_stop(thread, status)) {
    const bool is_event = status >> 16 != 0;
    signal = is_event ? 0 : WSTOPSIG(status);
    if (signal != kAtSystemCall) continue;
    signal = 0;
    __ptrace_syscall_info info{};
    if (read_stop(thread, info) == 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY) {
      ++counts[std::min<uint64_t>(info.entry.nr, SystemCalls::kNumbers - 1)];
    }
  }
}

// In the forked process: only what may be called there.
[[noreturn]] void trace(pid_t thread, Counts counts, int started) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int error = seize(thread);
  const bool is_told = write(started, &error, sizeof error) == sizeof error;
  if (is_told && error == 0) count_calls(thread, counts);
  _exit(0);
}

Counts map_counts() {
  constexpr size_t kBytes = SystemCalls::kNumbers * sizeof(std::atomic<uint64_t>);
  void* const memory =
      mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<Counts>(memory);
}

}  // namespace

pid_t find_thread(const std::string& name) {
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string found;
    std::getline(std::ifstream(task.path() / "comm"), found);
    if (found == name) return std::stoi(task.path().filename());
  }
  return 0;
}

SystemCalls::SystemCalls(pid_t thread) : counts_(map_counts()) {
  std::array<int, 2> started{};
  if (counts_ == nullptr || pipe(started.data()) != 0) {
    error_ = errno;
    return;
  }
  // Where only descendants may be traced (Yama), this process says who else may.
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  tracer_ = fork();
  if (tracer_ == 0) trace(thread, counts_, started[1]);
  close(started[1]);
  // Nothing comes from a tracer that was not made or did not live.
  if (read(started[0], &error_, sizeof error_) != sizeof error_) error_ = ECHILD;
  close(started[0]);
}

void SystemCalls::stop() {
  if (tracer_ <= 0) return;
  kill(tracer_, SIGKILL);
  waitpid(tracer_, nullptr, 0);
  tracer_ = 0;
}

SystemCalls::~SystemCalls() {
  stop();
  if (counts_ != nullptr) munmap(counts_, kNumbers * sizeof *counts_);
}

}  // namespace testing_support

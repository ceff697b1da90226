#include "load/datagrams.h"

#include <netinet/udp.h>
#include <poll.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

namespace load {

namespace {

constexpr size_t kLongestTrain = 65536;
// What a full socket is waited for.
constexpr int kPatienceMs = 1;

int64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

int64_t monotonic_ns() { return read_clock(CLOCK_MONOTONIC); }
int64_t realtime_ns() { return read_clock(CLOCK_REALTIME); }
int64_t thread_cpu_ns() { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

bool enable_gro(int fd) {
  const int on = 1;
  return setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof on) == 0;
}

void enable_stamps(int fd) {
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
}

Receiver::Receiver() : bytes_(kSize * kLongestTrain) {
  for (size_t i = 0; i < kSize; ++i) {
    vectors_[i] = {&bytes_[i * kLongestTrain], kLongestTrain};
    prepare(i);
  }
}

void Receiver::prepare(size_t index) {
  msghdr& header = messages_[index].msg_hdr;
  header = {};
  header.msg_iov = &vectors_[index];
  header.msg_iovlen = 1;
  header.msg_control = controls_[index].bytes.data();
  header.msg_controllen = controls_[index].bytes.size();
}

size_t Receiver::receive(int fd, int flags, const std::function<void(const Arrival&)>& take) {
  const int received = recvmmsg(fd, messages_.data(), kSize, flags, nullptr);
  kernel_drops_ = 0;
  if (received <= 0) return 0;
  for (size_t i = 0; i < static_cast<size_t>(received); ++i) {
    const Told told = read_control(messages_[i].msg_hdr);
    prepare(i);
    const size_t size = messages_[i].msg_len;
    const size_t segment = told.segment == 0 ? size : told.segment;
    const std::span<uint8_t> train(&bytes_[i * kLongestTrain], size);
    for (size_t at = 0; at < size; at += segment) {
      take({train.subspan(at, std::min(segment, size - at)), told.at_ns, size > segment});
    }
  }
  return static_cast<size_t>(received);
}

Receiver::Told Receiver::read_control(msghdr& header) {
  Told told;
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level == IPPROTO_UDP && control->cmsg_type == UDP_GRO) {
      int segment = 0;
      std::memcpy(&segment, CMSG_DATA(control), sizeof segment);
      told.segment = static_cast<size_t>(segment);
    } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_TIMESTAMPNS) {
      timespec at{};
      std::memcpy(&at, CMSG_DATA(control), sizeof at);
      told.at_ns = at.tv_sec * 1'000'000'000 + at.tv_nsec;
    } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SO_RXQ_OVFL) {
      std::memcpy(&kernel_drops_, CMSG_DATA(control), sizeof kernel_drops_);
    }
  }
  return told;
}

void Sender::add(std::span<const uint8_t> train, size_t segment, const io::KernelAddress& to) {
  // sendmmsg writes through neither pointer; their types are shared with recvmmsg.
  vectors_[count_] = {const_cast<uint8_t*>(train.data()), train.size()};
  msghdr& header = messages_[count_].msg_hdr;
  header = {};
  header.msg_name = const_cast<sockaddr*>(&to.any);
  header.msg_namelen = to.size;
  header.msg_iov = &vectors_[count_];
  header.msg_iovlen = 1;
  if (segment != 0 && segment < train.size()) {
    header.msg_control = controls_[count_].bytes.data();
    header.msg_controllen = controls_[count_].bytes.size();
    cmsghdr* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = IPPROTO_UDP;
    control->cmsg_type = UDP_SEGMENT;
    control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const auto size = static_cast<uint16_t>(segment);
    std::memcpy(CMSG_DATA(control), &size, sizeof size);
  }
  ++count_;
}

size_t Sender::flush(int fd) {
  size_t next = 0;
  size_t refused = 0;
  bool is_patient = true;
  while (next < count_) {
    const int sent = sendmmsg(fd, &messages_[next], static_cast<unsigned>(count_ - next), 0);
    ++calls_;
    if (sent > 0) {
      next += static_cast<size_t>(sent);
    } else if (errno == EAGAIN && is_patient) {
      pollfd state{fd, POLLOUT, 0};
      poll(&state, 1, kPatienceMs);
      is_patient = false;
    } else if (errno != EINTR) {
      ++refused;
      ++next;
    }
  }
  count_ = 0;
  return refused;
}

}  // namespace load

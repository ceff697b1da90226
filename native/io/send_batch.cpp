#include "io/send_batch.h"

#include <netinet/udp.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace io {

namespace {

bool is_full(int error) { return error == EAGAIN || error == ENOBUFS; }

bool is_run_refused(int error) { return error == EIO || error == EINVAL || error == EMSGSIZE; }

void await_writable(int fd, int timeout_ms) {
  pollfd state{fd, POLLOUT, 0};
  poll(&state, 1, timeout_ms);
}

}  // namespace

SendResult SendBatch::send(std::span<UdpSocket> sockets,
                           std::span<const transport::Transmit> transmits) {
  SendResult result;
  patience_ms_ = 1;
  size_t matched = 0;
  for (UdpSocket& socket : sockets) {
    for (const transport::Transmit& transmit : transmits) {
      if (transmit.path.local != socket.local()) continue;
      ++matched;
      if (count_ == kSize && !joins_last(socket, transmit)) flush(socket, result);
      add(socket, transmit);
    }
    flush(socket, result);
  }
  const auto is_udp = [](const transport::Transmit& transmit) {
    return transmit.path.local.protocol == base::Protocol::kUdp;
  };
  result.failed +=
      static_cast<size_t>(std::count_if(transmits.begin(), transmits.end(), is_udp)) - matched;
  return result;
}

void SendBatch::add(const UdpSocket& socket, const transport::Transmit& transmit) {
  if (joins_last(socket, transmit)) {
    vectors_[count_ - 1].iov_len += transmit.bytes.size();
    if (++packets_[count_ - 1] == 2) name_segments();
  } else {
    begin_message(transmit);
  }
  last_ = &transmit;
}

// Only the last datagram of a run may be shorter than the first; and the slab has them side by
// side.
bool SendBatch::joins_last(const UdpSocket& socket, const transport::Transmit& transmit) const {
  if (count_ == 0 || !socket.sends_runs()) return false;
  const size_t run = count_ - 1;
  const size_t size = transmit.bytes.size();
  return last_->bytes.size() == segments_[run] && size <= segments_[run] && size > 0 &&
         packets_[run] < kMaxRun && vectors_[run].iov_len + size <= kMaxRunBytes &&
         last_->bytes.data() + last_->bytes.size() == transmit.bytes.data() &&
         last_->path.remote == transmit.path.remote;
}

void SendBatch::begin_message(const transport::Transmit& transmit) {
  KernelAddress& address = addresses_[count_];
  address = KernelAddress(transmit.path.remote);
  // sendmmsg does not write through iov_base; its type is shared with recvmmsg.
  vectors_[count_] = {const_cast<uint8_t*>(transmit.bytes.data()), transmit.bytes.size()};
  segments_[count_] = static_cast<uint16_t>(transmit.bytes.size());
  packets_[count_] = 1;
  msghdr& header = messages_[count_].msg_hdr;
  header = {};
  header.msg_name = &address.any;
  header.msg_namelen = address.size;
  header.msg_iov = &vectors_[count_];
  header.msg_iovlen = 1;
  ++count_;
}

void SendBatch::name_segments() {
  const size_t run = count_ - 1;
  msghdr& header = messages_[run].msg_hdr;
  header.msg_control = controls_[run].bytes.data();
  header.msg_controllen = controls_[run].bytes.size();
  cmsghdr* control = CMSG_FIRSTHDR(&header);
  control->cmsg_level = SOL_UDP;
  control->cmsg_type = UDP_SEGMENT;
  control->cmsg_len = CMSG_LEN(sizeof(uint16_t));
  std::memcpy(CMSG_DATA(control), &segments_[run], sizeof(uint16_t));
}

void SendBatch::flush(UdpSocket& socket, SendResult& result) {
  size_t next = 0;
  while (next < count_) {
    const int sent =
        sendmmsg(socket.fd(), &messages_[next], static_cast<unsigned>(count_ - next), 0);
    ++result.calls;
    if (sent > 0) {
      result.messages += static_cast<size_t>(sent);
      for (const size_t end = next + static_cast<size_t>(sent); next < end; ++next) {
        result.packets += packets_[next];
        result.bytes += vectors_[next].iov_len;
      }
    } else if (is_full(errno) && patience_ms_ > 0) {
      await_writable(socket.fd(), patience_ms_);
      patience_ms_ = 0;
    } else if (is_full(errno)) {
      break;
    } else if (handle_refusal(socket, next, errno, result)) {
      ++next;
    }
  }
  for (; next < count_; ++next) result.failed += packets_[next];
  count_ = 0;
}

bool SendBatch::handle_refusal(UdpSocket& socket, size_t message, int error, SendResult& result) {
  if (error == EINTR) return false;
  if (packets_[message] == 1 || !is_run_refused(error)) {
    result.failed += packets_[message];  // unreachable or refused; the other destinations are not
    return true;
  }
  ++result.runs_refused;
  // EIO is about the device: no other run would do better. The rest is about this destination.
  if (error == EIO) socket.send_no_more_runs();
  send_apart(socket, message, result);
  return true;
}

void SendBatch::send_apart(const UdpSocket& socket, size_t message, SendResult& result) {
  const iovec& run = vectors_[message];
  msghdr header = messages_[message].msg_hdr;
  header.msg_control = nullptr;
  header.msg_controllen = 0;
  for (size_t at = 0; at < run.iov_len; at += segments_[message]) {
    const size_t size = std::min<size_t>(segments_[message], run.iov_len - at);
    iovec one{static_cast<uint8_t*>(run.iov_base) + at, size};
    header.msg_iov = &one;
    ssize_t sent = sendmsg(socket.fd(), &header, 0);
    if (sent < 0 && is_full(errno) && patience_ms_ > 0) {
      await_writable(socket.fd(), std::exchange(patience_ms_, 0));
      sent = sendmsg(socket.fd(), &header, 0);
    }
    ++result.calls;
    if (sent < 0) {
      ++result.failed;
      continue;
    }
    ++result.messages;
    ++result.packets;
    result.bytes += size;
  }
}

}  // namespace io

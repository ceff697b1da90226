#include "io/send_batch.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace io {

namespace {

bool is_full(int error) { return error == EAGAIN || error == ENOBUFS; }

void await_writable(int fd, int timeout_ms) {
  pollfd state{fd, POLLOUT, 0};
  poll(&state, 1, timeout_ms);
}

}  // namespace

SendResult SendBatch::send(std::span<const UdpSocket> sockets,
                           std::span<const transport::Transmit> transmits) {
  SendResult result;
  patience_ms_ = 1;
  size_t matched = 0;
  for (const UdpSocket& socket : sockets) {
    for (const transport::Transmit& transmit : transmits) {
      if (transmit.path.local != socket.local()) continue;
      ++matched;
      add(transmit);
      if (count_ == kSize) flush(socket, result);
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

void SendBatch::add(const transport::Transmit& transmit) {
  KernelAddress& address = addresses_[count_];
  address = KernelAddress(transmit.path.remote);
  // sendmmsg does not write through iov_base; its type is shared with recvmmsg.
  vectors_[count_] = {const_cast<uint8_t*>(transmit.bytes.data()), transmit.bytes.size()};
  msghdr& header = messages_[count_].msg_hdr;
  header = {};
  header.msg_name = &address.any;
  header.msg_namelen = address.size;
  header.msg_iov = &vectors_[count_];
  header.msg_iovlen = 1;
  ++count_;
}

void SendBatch::flush(const UdpSocket& socket, SendResult& result) {
  size_t next = 0;
  while (next < count_) {
    const int sent =
        sendmmsg(socket.fd(), &messages_[next], static_cast<unsigned>(count_ - next), 0);
    ++result.calls;
    if (sent > 0) {
      for (const size_t end = next + static_cast<size_t>(sent); next < end; ++next) {
        ++result.packets;
        result.bytes += vectors_[next].iov_len;
      }
    } else if (is_full(errno) && patience_ms_ > 0) {
      await_writable(socket.fd(), patience_ms_);
      patience_ms_ = 0;
    } else if (is_full(errno)) {
      break;
    } else if (errno != EINTR) {
      ++result.failed;  // this destination is unreachable or refused; the others are not
      ++next;
    }
  }
  result.failed += count_ - next;
  count_ = 0;
}

}  // namespace io

#include "io/tcp_connection.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "wire/demux.h"

namespace io {

namespace {

// Frames per call: the call's cost has vanished.
constexpr size_t kGathered = 32;

// Headers and datagrams of a run, as sendmsg takes them.
struct Gather {
  std::array<std::array<uint8_t, wire::kFrameHeaderSize>, kGathered> headers;
  std::array<iovec, 2 * kGathered> vectors;
  size_t frames = 0;

  explicit Gather(std::span<const transport::Transmit> run) {
    for (const transport::Transmit& transmit : run.first(std::min(run.size(), kGathered))) {
      headers[frames] = wire::frame_header(transmit.bytes.size());
      vectors[2 * frames] = {headers[frames].data(), wire::kFrameHeaderSize};
      // sendmsg does not write through iov_base.
      vectors[2 * frames + 1] = {const_cast<uint8_t*>(transmit.bytes.data()),
                                 transmit.bytes.size()};
      ++frames;
    }
  }
};

ssize_t send_some(int fd, Gather& gather) {
  msghdr message{};
  message.msg_iov = gather.vectors.data();
  message.msg_iovlen = 2 * gather.frames;
  return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool would_block(int error) { return error == EAGAIN || error == EINTR || error == ENOBUFS; }

bool is_media(std::span<const uint8_t> datagram) {
  return wire::classify(datagram) == wire::PacketKind::kRtp;
}

}  // namespace

TcpConnection::TcpConnection(AcceptedConnection accepted)
    : descriptor_(std::move(accepted.descriptor)),
      path_(accepted.path),
      accepted_at_(accepted.accepted_at),
      last_read_(accepted.accepted_at) {}

bool TcpConnection::read(std::span<uint8_t> buffer, std::span<const uint8_t>& stream,
                         base::Instant now) {
  stream = {};
  const ssize_t count = recv(fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0) return would_block(errno);
  if (count == 0) return false;
  stream = buffer.first(static_cast<size_t>(count));
  last_read_ = now;
  return true;
}

bool TcpConnection::send(std::span<const transport::Transmit> run, TcpSendResult& result) {
  proven_ = true;
  size_t taken = 0;
  if (!has_backlog() && !send_at_once(run, taken, result)) return false;
  for (; taken < run.size(); ++taken) queue(run[taken].bytes, result);
  return true;
}

// Until the kernel takes no more; a frame that went in part is finished by the queue.
bool TcpConnection::send_at_once(std::span<const transport::Transmit> run, size_t& taken,
                                 TcpSendResult& result) {
  while (taken < run.size()) {
    Gather gather(run.subspan(taken));
    const ssize_t sent = send_some(fd(), gather);
    ++result.calls;
    if (sent < 0) return would_block(errno);
    auto left = static_cast<size_t>(sent);
    for (size_t i = 0; i < gather.frames && left > 0; ++i, ++taken) {
      const std::span<const uint8_t> datagram = run[taken].bytes;
      const size_t size = wire::kFrameHeaderSize + datagram.size();
      ++result.packets;
      result.bytes += datagram.size();
      if (left < size) {
        const auto& header = gather.headers[i];
        keep(std::span(header).subspan(std::min(left, header.size())));
        keep(datagram.subspan(left - std::min(left, header.size())));
        ++taken;
        return true;
      }
      left -= size;
    }
  }
  return true;
}

void TcpConnection::queue(std::span<const uint8_t> datagram, TcpSendResult& result) {
  const size_t waiting = backlog_.size() - sent_of_backlog_;
  const size_t limit = is_media(datagram) ? kMediaBacklog : kMaxBacklog;
  if (waiting + wire::kFrameHeaderSize + datagram.size() > limit) {
    ++result.dropped;
    return;
  }
  keep(wire::frame_header(datagram.size()));
  keep(datagram);
  ++result.packets;
  result.bytes += datagram.size();
}

void TcpConnection::keep(std::span<const uint8_t> bytes) {
  if (backlog_.size() + bytes.size() > kMaxBacklog) {
    backlog_.erase(backlog_.begin(), backlog_.begin() + static_cast<ptrdiff_t>(sent_of_backlog_));
    sent_of_backlog_ = 0;
  }
  if (backlog_.capacity() == 0) backlog_.reserve(kMaxBacklog);
  backlog_.insert(backlog_.end(), bytes.begin(), bytes.end());
}

bool TcpConnection::handle_writable(TcpSendResult& result) {
  while (has_backlog()) {
    const std::span<const uint8_t> rest = std::span(backlog_).subspan(sent_of_backlog_);
    const ssize_t sent = ::send(fd(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ++result.calls;
    if (sent < 0) return would_block(errno);
    sent_of_backlog_ += static_cast<size_t>(sent);
  }
  backlog_.clear();
  sent_of_backlog_ = 0;
  return true;
}

}  // namespace io

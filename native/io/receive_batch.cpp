#include "io/receive_batch.h"

#include <netinet/udp.h>

#include <algorithm>
#include <cstring>

namespace io {

ReceiveBatch::ReceiveBatch(base::PacketPool& pool)
    : pool_(pool), tails_(new uint8_t[kSize * kTail]) {}

// Returns how many messages have a block. Most calls receive a few: the others are still prepared.
size_t ReceiveBatch::prepare_all(size_t tail) {
  if (tail != tail_) prepared_ = 0;
  tail_ = tail;
  for (size_t i = 0; i < kSize; ++i) {
    if (i >= count_ && i < prepared_) continue;
    if (!packets_[i]) packets_[i] = pool_.acquire();
    if (!packets_[i]) return prepared_ = i;
    prepare(i, tail);
  }
  return prepared_ = kSize;
}

void ReceiveBatch::prepare(size_t index, size_t tail) {
  Vectors& vectors = vectors_[index];
  // Without a block the message is lost anyway: its first byte is as good as all.
  vectors[0] = packets_[index] ? iovec{packets_[index].get()->bytes, base::kPacketCapacity}
                               : iovec{tails_.get(), 1};
  vectors[1] = {tails_.get() + index * kTail, tail};
  addresses_[index] = KernelAddress{};
  msghdr& header = messages_[index].msg_hdr;
  header = {};
  header.msg_name = &addresses_[index].any;
  header.msg_namelen = sizeof(sockaddr_in6);
  header.msg_iov = vectors.data();
  header.msg_iovlen = packets_[index] ? 2 : 1;
  header.msg_control = controls_[index].bytes.data();
  header.msg_controllen = controls_[index].bytes.size();
}

size_t ReceiveBatch::receive(const UdpSocket& socket) {
  // A train that was given out in part has its first datagram in this block.
  if (message_ < count_ && at_ > 0) packets_[message_].reset();
  // One byte more than a block tells a datagram that is too long from one that just fits.
  const size_t tail = socket.receives_runs() ? kTail : 1;
  size_t room = prepare_all(tail);
  if (room == 0) prepare(room++, tail);
  const int received =
      recvmmsg(socket.fd(), messages_.data(), static_cast<unsigned>(room), 0, nullptr);
  count_ = received > 0 ? static_cast<size_t>(received) : 0;
  message_ = 0;
  kernel_drops_ = 0;
  if (count_ > 0) open(0);
  return count_;
}

// Begins to give out a message: reads what the kernel says about it.
void ReceiveBatch::open(size_t index) {
  at_ = 0;
  remote_ = addresses_[index].to_address();
  segment_ = messages_[index].msg_len;
  msghdr& header = messages_[index].msg_hdr;
  for (cmsghdr* it = CMSG_FIRSTHDR(&header); it != nullptr; it = CMSG_NXTHDR(&header, it)) {
    if (it->cmsg_level == SOL_SOCKET && it->cmsg_type == SO_RXQ_OVFL) {
      std::memcpy(&kernel_drops_, CMSG_DATA(it), sizeof kernel_drops_);
    } else if (it->cmsg_level == SOL_UDP && it->cmsg_type == UDP_GRO) {
      int segment = 0;
      std::memcpy(&segment, CMSG_DATA(it), sizeof segment);
      if (segment > 0) segment_ = static_cast<size_t>(segment);
    }
  }
}

bool ReceiveBatch::next(ReceivedDatagram& out) {
  if (message_ == count_) return false;
  const size_t length = messages_[message_].msg_len;
  out.remote = remote_;
  out.size = std::min(segment_, length - at_);
  out.is_oversized = out.size > base::kPacketCapacity;
  if (at_ == 0) {
    take_first(out);
  } else {
    take_behind(out);
  }
  at_ += out.size;
  if (at_ >= length && ++message_ < count_) open(message_);
  return true;
}

// The block it landed in. It goes last where others are to be read from it.
void ReceiveBatch::take_first(ReceivedDatagram& out) {
  out.packet = packets_[message_];
  if (!out.packet) return;
  if (out.size == messages_[message_].msg_len) packets_[message_].reset();
  out.packet.resize(std::min(out.size, base::kPacketCapacity));
}

void ReceiveBatch::take_behind(ReceivedDatagram& out) {
  out.packet.reset();
  if (packets_[message_] && !out.is_oversized) out.packet = pool_.acquire();
  if (out.packet) {
    out.packet.resize(out.size);
    copy(at_, out.packet.bytes());
  }
  if (at_ + out.size >= messages_[message_].msg_len) packets_[message_].reset();
}

void ReceiveBatch::copy(size_t from, std::span<uint8_t> to) const {
  const uint8_t* tail = tails_.get() + message_ * kTail;
  if (from >= base::kPacketCapacity) {
    std::memcpy(to.data(), tail + (from - base::kPacketCapacity), to.size());
    return;
  }
  const size_t head = std::min(to.size(), base::kPacketCapacity - from);
  std::memcpy(to.data(), packets_[message_].get()->bytes + from, head);
  std::memcpy(to.data() + head, tail, to.size() - head);
}

}  // namespace io

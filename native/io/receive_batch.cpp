#include "io/receive_batch.h"

#include <algorithm>
#include <cstring>

namespace io {

ReceiveBatch::ReceiveBatch(base::PacketPool& pool) : pool_(pool) {}

size_t ReceiveBatch::refill() {
  for (size_t i = 0; i < kSize; ++i) {
    if (!packets_[i]) packets_[i] = pool_.acquire();
    if (!packets_[i]) return i;
  }
  return kSize;
}

void ReceiveBatch::prepare(size_t index) {
  vectors_[index] = packets_[index] ? iovec{packets_[index].get()->bytes, base::kPacketCapacity}
                                    : iovec{&scratch_, sizeof scratch_};
  addresses_[index] = KernelAddress{};
  msghdr& header = messages_[index].msg_hdr;
  header = {};
  header.msg_name = &addresses_[index].any;
  header.msg_namelen = sizeof(sockaddr_in6);
  header.msg_iov = &vectors_[index];
  header.msg_iovlen = 1;
  header.msg_control = controls_[index].bytes.data();
  header.msg_controllen = controls_[index].bytes.size();
}

size_t ReceiveBatch::receive(const UdpSocket& socket) {
  const size_t room = std::max<size_t>(refill(), 1);
  for (size_t i = 0; i < room; ++i) prepare(i);
  const int received =
      recvmmsg(socket.fd(), messages_.data(), static_cast<unsigned>(room), 0, nullptr);
  if (received <= 0) return 0;
  const auto count = static_cast<size_t>(received);
  read_kernel_drops(count);
  return count;
}

base::PacketRef ReceiveBatch::take(size_t index) {
  base::PacketRef packet = std::move(packets_[index]);
  if (packet) packet.resize(messages_[index].msg_len);
  return packet;
}

void ReceiveBatch::read_kernel_drops(size_t count) {
  kernel_drops_ = 0;
  msghdr& latest = messages_[count - 1].msg_hdr;
  const cmsghdr* control = CMSG_FIRSTHDR(&latest);
  if (control == nullptr || control->cmsg_type != SO_RXQ_OVFL) return;
  std::memcpy(&kernel_drops_, CMSG_DATA(control), sizeof kernel_drops_);
}

}  // namespace io

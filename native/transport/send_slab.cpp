#include "transport/send_slab.h"

namespace transport {

namespace {
// A datagram is rarely smaller than an RTCP packet of 64 bytes; most are media.
constexpr size_t kExpectedDatagrams = SendSlab::kCapacity / 64;
}  // namespace

SendSlab::SendSlab() : bytes_(std::make_unique<uint8_t[]>(kCapacity)) {
  transmits_.reserve(kExpectedDatagrams);
}

std::span<uint8_t> SendSlab::reserve(size_t size) {
  if (size > kCapacity - used_) return {};
  return {bytes_.get() + used_, size};
}

void SendSlab::commit(const base::FiveTuple& path, size_t size, uint64_t transport) {
  transmits_.push_back({path, {bytes_.get() + used_, size}, transport});
  used_ += size;
}

void SendSlab::reset() {
  used_ = 0;
  transmits_.clear();
}

}  // namespace transport

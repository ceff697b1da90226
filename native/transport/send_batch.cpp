#include "transport/send_batch.h"

#include <utility>

namespace transport {

namespace {
constexpr size_t kHeaderArena = SendBatch::kMaxPackets * wire::kMaxOutHeaderSize;
}  // namespace

SendBatch::SendBatch() : headers_(std::make_unique<uint8_t[]>(kHeaderArena)) {
  packets_.reserve(kMaxPackets);
  jobs_.reserve(kMaxPackets);
}

size_t SendBatch::add(Association& association, wire::OutPacket packet, uint16_t number,
                      base::Instant now, SendSlab& slab, Counters& counters) {
  const std::span<uint8_t> space{headers_.get() + headers_used_, wire::kMaxOutHeaderSize};
  const size_t header_size = wire::write_out_header(packet, number, now, space);
  if (header_size == 0) {
    counters.drop(&Counters::dropped_unprotectable);
    return 0;
  }
  packets_.push_back(std::move(packet));
  crypto::ProtectJob job;
  if (!association.prepare_rtp(space.first(header_size), packets_.back(), job, slab, counters)) {
    packets_.pop_back();
    return 0;
  }
  headers_used_ += header_size;
  const size_t size = slab.transmits().back().bytes.size();
  if (job.key != nullptr) jobs_.push_back(job);
  return size;
}

void SendBatch::protect(crypto::SrtpCipher& cipher) {
  if (!jobs_.empty()) cipher.protect(jobs_);
  jobs_.clear();
  packets_.clear();
  headers_used_ = 0;
}

}  // namespace transport

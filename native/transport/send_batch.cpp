#include "transport/send_batch.h"

#include <utility>

namespace transport {

SendBatch::SendBatch(crypto::SrtpCipher& cipher) : cipher_(cipher) {
  payloads_.reserve(kMaxPackets);
  jobs_.reserve(kMaxPackets);
}

size_t SendBatch::add(Association& association, wire::OutPacket& packet, uint16_t number,
                      base::Instant now, SendSlab& slab, Counters& counters) {
  if (jobs_.size() == kMaxPackets) protect();
  const size_t room =
      wire::kMaxOutHeaderSize + packet.body_size() + crypto::kMaxSrtpOverhead + kKeyIdSize;
  const std::span<uint8_t> space = slab.reserve(room);
  if (space.empty()) {
    counters.drop(&Counters::dropped_slab_full);
    return 0;
  }
  const size_t header_size =
      wire::write_out_header(packet, number, send_time(now), space.first(wire::kMaxOutHeaderSize));
  crypto::ProtectJob job;
  if (header_size == 0 || !association.prepare_rtp(packet, space, header_size, job)) {
    counters.drop(&Counters::dropped_unprotectable);
    return 0;
  }
  const size_t size = job.key == nullptr ? header_size + packet.body_size()
                                         : job.output_size() + association.trailer_size();
  association.commit_media(size, slab);
  if (job.key != nullptr) {
    jobs_.push_back(job);
    payloads_.push_back(std::move(packet.source));
  }
  return size;
}

const wire::SendTime& SendBatch::send_time(base::Instant now) {
  if (now != time_) {
    time_ = now;
    send_time_ = wire::write_abs_send_time(now.us);
  }
  return send_time_;
}

void SendBatch::protect() {
  if (!jobs_.empty()) cipher_.protect(jobs_);
  jobs_.clear();
  payloads_.clear();
}

}  // namespace transport

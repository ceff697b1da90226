#include "pacing/feedback_join.h"

#include <limits>

namespace pacing {

namespace {

constexpr double kLost = std::numeric_limits<double>::quiet_NaN();

// `to - from` of 24-bit reference times, taken in [-2^23, 2^23) (R1.5).
int64_t reference_span(uint32_t from, uint32_t to) {
  const auto shifted = static_cast<int32_t>((to - from) << 8);
  return shifted >> 8;
}

uint8_t flags_of(const SentPacket& packet, bool received) {
  unsigned flags = 0;
  if (packet.audio) flags |= kAudioFlag;
  if (packet.repeated) flags |= kRepeatedFlag;
  if (packet.reported_lost && received) flags |= kRecoveredFlag;
  return static_cast<uint8_t>(flags);
}

void append(FeedbackBatch& batch, const SentPacket& packet, bool received, double received_us) {
  batch.sequences.push_back(static_cast<double>(packet.sequence));
  batch.sent_us.push_back(static_cast<double>(packet.sent_at.us));
  batch.received_us.push_back(received_us);
  batch.sizes.push_back(packet.size);
  batch.clusters.push_back(packet.probe_cluster);
  batch.flags.push_back(flags_of(packet, received));
}

}  // namespace

void FeedbackJoin::join(const wire::TransportCc& feedback, wire::TransportCcReader packets,
                        base::Instant now, SendHistory& sent, FeedbackBatch& batch) {
  move_clock(feedback, now);
  count_message(feedback.feedback_count);
  batch.feedback_at = now;
  lost_resends_.clear();
  wire::PacketStatus status;
  while (packets.next(status)) {
    const int64_t number = sent.number_of(status.sequence);
    if (number > sent.newest()) continue;  // not sent yet: not said by one who received it
    sent.acknowledge_up_to(number);
    SentPacket* packet = sent.find(number);
    if (packet == nullptr) {
      ++history_misses_;
    } else if (status.received) {
      append(batch, *packet, true, static_cast<double>(reference_us_ + status.offset_us));
      sent.erase(number);
    } else if (!packet->reported_lost) {
      append(batch, *packet, false, kLost);
      packet->reported_lost = true;
      if (packet->resends > 0) lost_resends_.push_back(*packet);
    }
  }
  batch.data_in_flight = sent.bytes_in_flight();
}

void FeedbackJoin::move_clock(const wire::TransportCc& feedback, base::Instant now) {
  if (reference_time_) {
    reference_us_ +=
        reference_span(*reference_time_, feedback.reference_time) * wire::kTransportCcReferenceUs;
  } else {
    reference_us_ = now.us;
  }
  reference_time_ = feedback.reference_time;
}

// A gap is a statistic, never a loss of packets (R1.7).
void FeedbackJoin::count_message(uint8_t feedback_count) {
  if (feedback_count_) {
    const auto ahead = static_cast<int8_t>(feedback_count - *feedback_count_);
    if (ahead > 1) feedback_lost_ += static_cast<uint64_t>(ahead - 1);
    if (ahead <= 0) return;  // came late
  }
  feedback_count_ = feedback_count;
}

}  // namespace pacing

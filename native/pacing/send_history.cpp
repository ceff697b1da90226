#include "pacing/send_history.h"

#include <algorithm>
#include <utility>

namespace pacing {

namespace {

constexpr size_t kInitialCapacity = 64;

}  // namespace

void SendHistory::add(const SentPacket& packet) {
  constexpr auto kSpan = static_cast<int64_t>(kMaxSentPackets);
  if (size_ == 0) oldest_ = packet.sequence;
  const int64_t first_kept = packet.sequence - kSpan + 1;
  for (; size_ > 0 && oldest_ < first_kept; ++oldest_) forget(place(oldest_));
  oldest_ = std::max(oldest_, first_kept);
  newest_ = packet.sequence;
  const auto span = static_cast<size_t>(newest_ - oldest_ + 1);
  if (span > packets_.size()) grow_to_hold(span);
  place(packet.sequence) = packet;
  base::prefetch(place(packet.sequence + 2));
  ++size_;
  in_flight_ += packet.size;
}

int64_t SendHistory::number_of(uint16_t sequence) const {
  const auto ahead = static_cast<int16_t>(sequence - static_cast<uint16_t>(newest_));
  return newest_ + ahead;
}

SentPacket* SendHistory::find(int64_t number) {
  if (size_ == 0 || number < oldest_ || number > newest_) return nullptr;
  SentPacket& found = place(number);
  return found.sequence == number ? &found : nullptr;
}

void SendHistory::acknowledge_up_to(int64_t number) {
  const int64_t last = std::min(number, newest_);
  for (int64_t at = std::max(acknowledged_ + 1, oldest_); at <= last; ++at) {
    if (const SentPacket* packet = find(at)) in_flight_ -= packet->size;
  }
  acknowledged_ = std::max(acknowledged_, last);
}

// The ring takes as much room as lies between the oldest and the newest: what feedback has spoken
// of must not hold it open.
void SendHistory::erase(int64_t number) {
  if (SentPacket* packet = find(number)) forget(*packet);
  while (size_ > 0 && place(oldest_).sequence != oldest_) ++oldest_;
}

void SendHistory::expire(base::Instant now) {
  for (; size_ > 0; ++oldest_) {
    SentPacket& packet = place(oldest_);
    if (packet.sequence == oldest_ && now - packet.sent_at <= kMaxSentAge) return;
    forget(packet);
  }
}

void SendHistory::clear() {
  packets_.clear();
  size_ = 0;
  in_flight_ = 0;
  acknowledged_ = newest_;
}

void SendHistory::grow_to_hold(size_t span) {
  size_t capacity = std::max(packets_.size(), kInitialCapacity);
  while (capacity < span) capacity *= 2;
  const std::vector<SentPacket> old = std::exchange(packets_, std::vector<SentPacket>(capacity));
  for (const SentPacket& packet : old) {
    if (packet.sequence >= 0) place(packet.sequence) = packet;
  }
}

void SendHistory::forget(SentPacket& packet) {
  if (packet.sequence < 0) return;
  --size_;
  if (packet.sequence > acknowledged_) in_flight_ -= packet.size;
  packet = SentPacket{};
}

}  // namespace pacing

#include "rtp/history.h"

#include <algorithm>
#include <utility>

namespace rtp {

namespace {

constexpr size_t kInitialCapacity = 64;

// The next packet of a frame comes at once, and its place is as cold as the whole history.
template <typename Entry>
void prefetch(const Entry& entry) {
  constexpr size_t kCacheLine = 64;
  const auto* bytes = reinterpret_cast<const uint8_t*>(&entry);
  for (size_t at = 0; at < sizeof entry; at += kCacheLine) __builtin_prefetch(bytes + at, 1);
}

}  // namespace

void History::add(const wire::OutPacket& packet, base::Instant now) {
  const int64_t sequence = numbers_.unwrap(packet.header.sequence);
  if (size_ == 0) {
    oldest_ = sequence;
    newest_ = sequence - 1;
  }
  constexpr auto kSpan = static_cast<int64_t>(kMaxHistoryPackets);
  if (sequence <= newest_ - kSpan) return;
  if (sequence > newest_ + kSpan) {
    clear();
    oldest_ = sequence;
  }
  newest_ = std::max(newest_, sequence);
  for (; oldest_ <= newest_ - kSpan; ++oldest_) forget(place(oldest_));
  oldest_ = std::min(oldest_, sequence);
  grow_to_hold(newest_ - oldest_ + 1);

  Entry& entry = place(sequence);
  prefetch(place(sequence + 1));
  note_source(packet, sequence);
  if (!entry.used) ++size_;
  entry.packet = packet;
  entry.first_sent_at = now;
  entry.last_sent_at = now;
  entry.paddings = 0;
  entry.used = true;
}

void History::note_source(const wire::OutPacket& packet, int64_t sequence) {
  if (sequence < newest_) return;
  const bool is_key = packet.starts_decoding && packet.kind == wire::MediaKind::kVideo;
  if (is_key && packet.source_ssrc == source_ssrc_) key_frame_ = sequence;
  source_ssrc_ = packet.source_ssrc;
}

History::Entry* History::find(uint16_t sequence) {
  const int64_t position = numbers_.peek(sequence);
  if (size_ == 0 || position < oldest_ || position > newest_) return nullptr;
  Entry& entry = place(position);
  return entry.used ? &entry : nullptr;
}

bool History::is_obsolete(uint16_t sequence) {
  const int64_t position = numbers_.peek(sequence);
  return position < key_frame_ && key_frame_ - position <= kKeyFrameReach;
}

History::Found History::take_for_resend(uint16_t sequence, base::Duration rtt, base::Instant now) {
  Entry* entry = find(sequence);
  if (entry == nullptr) return {};
  const bool is_repeated = entry->packet.resends > 0;
  const base::Duration spacing = std::max(rtt, kMinResendSpacing);
  if (is_repeated && now - entry->last_sent_at < spacing) return {Lookup::kTooSoon, nullptr};
  return take(*entry, now);
}

History::Found History::take_for_repeat(const LostResend& lost, base::Instant now) {
  Entry* entry = find(lost.sequence);
  if (entry == nullptr || entry->first_sent_at > lost.sent_at) return {};
  if (entry->packet.resends != lost.resends) return {Lookup::kTooSoon, nullptr};
  return take(*entry, now);
}

History::Found History::take(Entry& entry, base::Instant now) {
  if (is_obsolete(entry.packet.header.sequence)) return {Lookup::kObsolete, nullptr};
  if (entry.packet.resends >= kMaxResends) return {Lookup::kExhausted, nullptr};
  ++entry.packet.resends;
  entry.last_sent_at = now;
  return {Lookup::kFound, &entry.packet};
}

const wire::OutPacket* History::take_for_padding() {
  Entry* best = nullptr;
  const int64_t last = size_ == 0 ? newest_ : std::max(oldest_ - 1, newest_ - kPaddingReach);
  for (int64_t at = newest_; at > last; --at) {
    Entry& entry = place(at);
    const size_t size = entry.packet.body_size();
    if (!entry.used || size < kMinPaddingBody) continue;
    const bool is_better = best == nullptr || entry.paddings < best->paddings ||
                           (entry.paddings == best->paddings && size > best->packet.body_size());
    if (is_better) best = &entry;
  }
  if (best == nullptr) return nullptr;
  if (best->paddings < 255) ++best->paddings;
  return &best->packet;
}

void History::expire(base::Instant now, base::Duration rtt) {
  const base::Duration keep = std::max(kMinHistoryAge, rtt * 3);
  for (; size_ > 0; ++oldest_) {
    Entry& entry = place(oldest_);
    if (entry.used && now - entry.last_sent_at <= keep) break;
    forget(entry);
  }
}

void History::clear() {
  entries_.clear();
  size_ = 0;
  newest_ = oldest_ - 1;
  key_frame_ = -1;
}

void History::grow_to_hold(int64_t span) {
  if (static_cast<size_t>(span) <= entries_.size()) return;
  size_t capacity = std::max(entries_.size(), kInitialCapacity);
  while (capacity < static_cast<size_t>(span)) capacity *= 2;
  std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(capacity));
  for (Entry& entry : old) {
    if (entry.used) place(numbers_.peek(entry.packet.header.sequence)) = std::move(entry);
  }
}

void History::forget(Entry& entry) {
  if (!entry.used) return;
  --size_;
  entry.used = false;
  entry.packet.source.reset();
}

}  // namespace rtp

#include "rtp/history.h"

#include <algorithm>
#include <utility>

namespace rtp {

namespace {

constexpr size_t kInitialCapacity = 64;

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
  const auto span = static_cast<size_t>(newest_ - oldest_ + 1);
  if (span > entries_.size()) grow_to_hold(span);

  Entry& entry = place(sequence);
  prefetch_place(sequence + 1);
  note_source(packet, sequence);
  if (!entry.used) ++size_;
  store(packet, index_of(sequence));
  entry.first_sent_at = now;
  entry.last_sent_at = now;
}

void History::store(const wire::OutPacket& packet, size_t index) {
  Entry& entry = entries_[index];
  entry.source = packet.source;
  entry.timestamp = packet.header.timestamp;
  entry.sequence = packet.header.sequence;
  entry.payload_offset = packet.payload_offset;
  entry.payload_size = packet.payload_size;
  entry.payload_type = packet.header.payload_type;
  entry.rtx_payload_type = packet.rtx_payload_type;
  entry.marker = packet.header.marker;
  entry.used = true;
  entry.resends = packet.resends;
  entry.paddings = 0;
  entry.prefix_size = packet.prefix_size;
  entry.passed_count = packet.passed_count;
  entry.has_rest = packet.passed_count > entry.passed.size() ||
                   packet.prefix_size > entry.prefix.size() || packet.dependency.id != 0;
  if (entry.has_rest) {
    if (rests_.empty()) rests_.resize(entries_.size());
    rests_[index] = {packet.passed, packet.prefix_bytes, packet.dependency};
  } else {
    std::copy_n(packet.passed.begin(), entry.passed.size(), entry.passed.begin());
    std::copy_n(packet.prefix_bytes.begin(), entry.prefix.size(), entry.prefix.begin());
  }
  look_.header.ssrc = packet.header.ssrc;
  look_.kind = packet.kind;
  look_.ids = packet.ids;
  look_.mid = packet.mid;
}

wire::OutPacket History::restore(const Entry& entry) {
  wire::OutPacket restored = look_;
  restored.source = entry.source;
  restored.header.timestamp = entry.timestamp;
  restored.header.sequence = entry.sequence;
  restored.header.payload_type = entry.payload_type;
  restored.header.marker = entry.marker;
  restored.rtx_payload_type = entry.rtx_payload_type;
  restored.payload_offset = entry.payload_offset;
  restored.payload_size = entry.payload_size;
  restored.resends = entry.resends;
  restored.prefix_size = entry.prefix_size;
  restored.passed_count = entry.passed_count;
  if (entry.has_rest) {
    const Rest& rest = rests_[index_of(numbers_.peek(entry.sequence))];
    restored.passed = rest.passed;
    restored.prefix_bytes = rest.prefix;
    restored.dependency = rest.dependency;
  } else {
    std::copy(entry.passed.begin(), entry.passed.end(), restored.passed.begin());
    std::copy(entry.prefix.begin(), entry.prefix.end(), restored.prefix_bytes.begin());
  }
  return restored;
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
  if (resends_all_) return false;
  const int64_t position = numbers_.peek(sequence);
  return position < key_frame_ && key_frame_ - position <= kKeyFrameReach;
}

History::Found History::take_for_resend(uint16_t sequence, base::Duration rtt, base::Instant now) {
  Entry* entry = find(sequence);
  if (entry == nullptr) return {};
  const bool is_repeated = entry->resends > 0;
  const base::Duration spacing = std::max(rtt, kMinResendSpacing);
  if (is_repeated && now - entry->last_sent_at < spacing) return {Lookup::kTooSoon, {}};
  return take(*entry, now);
}

History::Found History::take_for_repeat(const LostResend& lost, base::Instant now) {
  Entry* entry = find(lost.sequence);
  if (entry == nullptr || entry->first_sent_at > lost.sent_at) return {};
  if (entry->resends != lost.resends) return {Lookup::kTooSoon, {}};
  return take(*entry, now);
}

History::Found History::take(Entry& entry, base::Instant now) {
  if (is_obsolete(entry.sequence)) return {Lookup::kObsolete, {}};
  if (entry.resends >= kMaxResends) return {Lookup::kExhausted, {}};
  ++entry.resends;
  entry.last_sent_at = now;
  return {Lookup::kFound, restore(entry)};
}

std::optional<wire::OutPacket> History::take_for_padding() {
  Entry* best = nullptr;
  const int64_t last = size_ == 0 ? newest_ : std::max(oldest_ - 1, newest_ - kPaddingReach);
  for (int64_t at = newest_; at > last; --at) {
    Entry& entry = place(at);
    const size_t size = entry.body_size();
    if (!entry.used || size < kMinPaddingBody) continue;
    const bool is_better = best == nullptr || entry.paddings < best->paddings ||
                           (entry.paddings == best->paddings && size > best->body_size());
    if (is_better) best = &entry;
  }
  if (best == nullptr) return std::nullopt;
  if (best->paddings < 255) ++best->paddings;
  return restore(*best);
}

void History::expire(base::Instant now, base::Duration rtt) {
  let_go(now, std::max(kMinHistoryAge, rtt * 3));
}

void History::let_go(base::Instant now, base::Duration age) {
  for (; size_ > 0; ++oldest_) {
    Entry& entry = place(oldest_);
    if (entry.used && now - entry.last_sent_at <= age) break;
    prefetch_place(oldest_ + 2);
    forget(entry);
  }
}

void History::clear() {
  entries_.clear();
  rests_.clear();
  size_ = 0;
  newest_ = oldest_ - 1;
  key_frame_ = -1;
}

void History::grow_to_hold(size_t span) {
  size_t capacity = std::max(entries_.size(), kInitialCapacity);
  while (capacity < span) capacity *= 2;
  std::vector<Entry> old = std::exchange(entries_, std::vector<Entry>(capacity));
  const std::vector<Rest> old_rests = std::exchange(rests_, {});
  if (!old_rests.empty()) rests_.resize(capacity);
  for (size_t i = 0; i < old.size(); ++i) {
    if (!old[i].used) continue;
    const size_t index = index_of(numbers_.peek(old[i].sequence));
    if (old[i].has_rest) rests_[index] = old_rests[i];
    entries_[index] = std::move(old[i]);
  }
}

void History::forget(Entry& entry) {
  if (!entry.used) return;
  --size_;
  entry.used = false;
  entry.source.reset();
}

}  // namespace rtp

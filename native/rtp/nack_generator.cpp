#include "rtp/nack_generator.h"

#include <algorithm>
#include <utility>

namespace rtp {

void NackGenerator::handle_gap(int64_t first, int64_t count, base::Instant now) {
  if (!make_room(first, count)) return;
  for (int64_t sequence = first; sequence < first + count; ++sequence) {
    entries_.push_back({sequence, now, {}, 0, false});
  }
  next_due_ = std::min(next_due_, now + policy_.reorder_guard);
}

// False when even an empty list could not help: a key frame must.
bool NackGenerator::make_room(int64_t first, int64_t count) {
  for (Entry& entry : entries_) {
    if (entry.sequence < first + count - kMaxNackAge) give_up(entry);
  }
  remove_settled();
  const auto fits = [&] { return entries_.size() + static_cast<size_t>(count) <= kMaxNackEntries; };
  if (fits()) return true;
  if (key_frame_) {
    std::erase_if(entries_, [&](const Entry& entry) { return entry.sequence < *key_frame_; });
    if (fits()) return true;
  }
  clear();
  gave_up_ = true;
  return false;
}

std::optional<base::Duration> NackGenerator::handle_arrival(int64_t sequence, base::Instant now) {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), sequence,
                       [](const Entry& entry, int64_t wanted) { return entry.sequence < wanted; });
  if (found == entries_.end() || found->sequence != sequence || found->settled) {
    return std::nullopt;
  }
  found->settled = true;
  if (found->tries != 1) return std::nullopt;
  return now - found->asked_at;
}

void NackGenerator::handle_key_frame(int64_t sequence) { key_frame_ = sequence; }

base::Instant NackGenerator::due_at(const Entry& entry) const {
  const base::Instant give_up_at = entry.missing_since + policy_.give_up_after;
  if (entry.tries >= policy_.max_tries) return give_up_at;
  const base::Instant ask_at = entry.tries == 0 ? entry.missing_since + policy_.reorder_guard
                                                : entry.asked_at + retry_after_;
  return std::min(ask_at, give_up_at);
}

size_t NackGenerator::collect(base::Instant now, base::Duration rtt, std::span<uint16_t> out) {
  if (now < next_deadline()) return 0;
  retry_after_ = std::max(rtt, kNackSpacing);
  size_t count = 0;
  for (Entry& entry : entries_) {
    if (entry.settled || due_at(entry) > now) continue;
    if (now - entry.missing_since >= policy_.give_up_after) {
      give_up(entry);
    } else if (count < out.size()) {
      entry.asked_at = now;
      ++entry.tries;
      out[count++] = static_cast<uint16_t>(entry.sequence);
    }
  }
  remove_settled();
  plan_next();
  if (count > 0 && next_due_ > now) quiet_until_ = now + kNackSpacing;
  return count;
}

void NackGenerator::plan_next() {
  next_due_ = base::Instant::never();
  for (const Entry& entry : entries_) next_due_ = std::min(next_due_, due_at(entry));
}

base::Instant NackGenerator::next_deadline() const { return std::max(next_due_, quiet_until_); }

void NackGenerator::give_up(Entry& entry) {
  if (entry.settled) return;
  entry.settled = true;
  gave_up_ = gave_up_ || !key_frame_ || entry.sequence >= *key_frame_;
}

bool NackGenerator::take_gave_up() { return std::exchange(gave_up_, false); }

void NackGenerator::remove_settled() {
  std::erase_if(entries_, [](const Entry& entry) { return entry.settled; });
}

void NackGenerator::clear() {
  entries_.clear();
  key_frame_.reset();
  next_due_ = base::Instant::never();
}

}  // namespace rtp

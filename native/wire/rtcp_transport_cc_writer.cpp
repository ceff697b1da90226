#include <algorithm>
#include <array>
#include <limits>

#include "wire/rtcp_transport_cc.h"
#include "wire/transport_cc_chunk.h"

namespace wire {

namespace {

constexpr size_t kFeedbackFixedSize = 16;  // body before the chunks

int64_t floor_divide(int64_t value, int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

// An arrival time in ticks, rounded to the nearest: each on its own, so that errors do not add up.
int64_t tick_of(const PacketArrival& arrival) {
  return floor_divide(arrival.arrival_us + kTransportCcTickUs / 2, kTransportCcTickUs);
}

constexpr int64_t kTicksPerReference = kTransportCcReferenceUs / kTransportCcTickUs;

// Walks the symbols and deltas of the message to be written. Cheap to copy: a copy looks ahead.
class StatusCursor {
 public:
  StatusCursor(int64_t first_sequence, std::span<const PacketArrival> arrivals)
      : arrivals_(arrivals),
        sequence_(first_sequence),
        tick_(floor_divide(tick_of(arrivals[0]), kTicksPerReference) * kTicksPerReference) {}

  bool done() const { return arrivals_.empty(); }
  int64_t delta() const { return delta_; }

  uint8_t next() {
    if (arrivals_[0].sequence != sequence_++) return kNotReceived;
    const int64_t tick = tick_of(arrivals_[0]);
    delta_ = tick - tick_;
    tick_ = tick;
    arrivals_ = arrivals_.subspan(1);
    return delta_ >= 0 && delta_ <= std::numeric_limits<uint8_t>::max() ? kSmallDelta : kLargeDelta;
  }

 private:
  std::span<const PacketArrival> arrivals_;
  int64_t sequence_;
  int64_t tick_;
  int64_t delta_ = 0;  // of the last received symbol
};

// How many arrivals one message can report: ascending, at most 65 535 numbers, each delta in range.
size_t reportable(int64_t first_sequence, std::span<const PacketArrival> arrivals) {
  int64_t previous_sequence = first_sequence - 1;
  size_t count = 0;
  for (; count < arrivals.size(); ++count) {
    const PacketArrival& arrival = arrivals[count];
    const int64_t delta = count == 0 ? 0 : tick_of(arrival) - tick_of(arrivals[count - 1]);
    if (arrival.sequence <= previous_sequence ||
        arrival.sequence - first_sequence >= std::numeric_limits<uint16_t>::max() ||
        delta < std::numeric_limits<int16_t>::min() ||
        delta > std::numeric_limits<int16_t>::max()) {
      break;
    }
    previous_sequence = arrival.sequence;
  }
  return count;
}

// The next symbols, at most a one-bit vector's worth.
struct Lookahead {
  std::array<uint8_t, kOneBitSymbols> symbols{};
  uint16_t size = 0;
  bool equal = true;
  bool large = false;
};

Lookahead look_ahead(StatusCursor cursor) {
  Lookahead ahead;
  while (ahead.size < kOneBitSymbols && !cursor.done()) {
    const uint8_t symbol = cursor.next();
    ahead.symbols[ahead.size++] = symbol;
    ahead.equal = ahead.equal && symbol == ahead.symbols[0];
    ahead.large = ahead.large || symbol == kLargeDelta;
  }
  return ahead;
}

uint16_t run_chunk(uint8_t symbol, StatusCursor& cursor) {
  uint16_t length = 0;
  for (StatusCursor ahead = cursor; length < kMaxRun && ahead.next() == symbol;) {
    cursor = ahead;
    ++length;
    if (cursor.done()) break;
  }
  return static_cast<uint16_t>(symbol << 13 | length);
}

// Greedy: a run where 14 symbols (or all that are left) are equal, else the vector that holds more.
uint16_t next_chunk(StatusCursor& cursor) {
  const Lookahead ahead = look_ahead(cursor);
  if (ahead.equal) return run_chunk(ahead.symbols[0], cursor);
  const uint16_t bits = ahead.large ? 2 : 1;
  const uint16_t places = ahead.large ? kTwoBitSymbols : kOneBitSymbols;
  uint16_t chunk = ahead.large ? kVectorChunk | kTwoBitVector : kVectorChunk;
  for (uint16_t i = 0; i < std::min(places, ahead.size); ++i) {
    chunk = static_cast<uint16_t>(chunk | ahead.symbols[i] << bits * (places - 1 - i));
    cursor.next();
  }
  return chunk;
}

void write_deltas(StatusCursor cursor, base::ByteWriter& writer) {
  while (!cursor.done()) {
    const uint8_t symbol = cursor.next();
    if (symbol == kSmallDelta) writer.u8(static_cast<uint8_t>(cursor.delta()));
    if (symbol == kLargeDelta) writer.u16(static_cast<uint16_t>(cursor.delta()));
  }
}

// Chunks, deltas and padding; false when they do not fit.
bool write_statuses(const StatusCursor& statuses, base::ByteWriter& writer, bool& padded) {
  for (StatusCursor cursor = statuses; !cursor.done() && writer.ok();) {
    writer.u16(next_chunk(cursor));
  }
  write_deltas(statuses, writer);
  const size_t padding = (4 - writer.size() % 4) % 4;
  padded = padding > 0;
  if (padded) {
    writer.zeros(padding - 1);
    writer.u8(static_cast<uint8_t>(padding));
  }
  return writer.ok();
}

}  // namespace

size_t write_transport_cc(TransportCc& feedback, int64_t first_sequence,
                          std::span<const PacketArrival> arrivals, std::span<uint8_t> out,
                          size_t& taken) {
  constexpr size_t kStatusesAt = kRtcpHeaderSize + kFeedbackFixedSize;
  taken = out.size() < kStatusesAt ? 0 : reportable(first_sequence, arrivals);
  // A message that is too long is tried again with half of the arrivals: rare, and always ends.
  for (; taken > 0; taken /= 2) {
    base::ByteWriter statuses(out.subspan(kStatusesAt));
    bool padded = false;
    if (!write_statuses({first_sequence, arrivals.first(taken)}, statuses, padded)) continue;
    const size_t size = kStatusesAt + statuses.size();
    feedback.base_sequence = static_cast<uint16_t>(first_sequence);
    feedback.status_count =
        static_cast<uint16_t>(arrivals[taken - 1].sequence - first_sequence + 1);
    feedback.reference_time =
        static_cast<uint32_t>(floor_divide(tick_of(arrivals[0]), kTicksPerReference) & 0xFFFFFF);
    base::ByteWriter header(out);
    write_rtcp_header(header, RtcpType::kTransportFeedback, kTransportCcFormat, size, padded);
    header.u32(feedback.sender_ssrc);
    header.u32(feedback.media_ssrc);
    header.u16(feedback.base_sequence);
    header.u16(feedback.status_count);
    header.u24(feedback.reference_time);
    header.u8(feedback.feedback_count);
    return size;
  }
  return 0;
}

}  // namespace wire

#include "load/source.h"

#include <algorithm>
#include <utility>

#include "wire/rtp.h"

namespace load {

namespace {

constexpr int64_t kVideoClock = 90'000;
constexpr int64_t kAudioClock = 48'000;

}  // namespace

Source::Source(const SourceOptions& options) : options_(options) {
  jobs_.reserve(kMaxFramePackets);
}

void Source::begin(int64_t now_ns) {
  due_ns_ = now_ns;
  key_frame_wanted_ = true;
}

void Source::skip_to(int64_t now_ns, int64_t limit_ns) {
  while (due_ns_ < now_ns - limit_ns) due_ns_ += interval_ns();
}

size_t Source::write_header(bool marker, uint16_t transport_sequence, std::span<uint8_t> out) {
  const int64_t clock = options_.is_video ? kVideoClock : kAudioClock;
  const wire::RtpHeader header{
      .timestamp = static_cast<uint32_t>(due_ns_ / 1000 * clock / 1'000'000),
      .ssrc = options_.ssrc,
      .sequence = sequence_++,
      .payload_type = options_.is_video ? kVideoPayloadType : kAudioPayloadType,
      .marker = marker,
      .padding = false};
  const auto mid = static_cast<uint8_t>(options_.mid);
  const auto rid = static_cast<uint8_t>(options_.rid);
  const auto level = wire::write_audio_level({.level = options_.level, .voice = true});
  const auto number = wire::write_transport_sequence(transport_sequence);
  std::array<wire::ExtensionElement, 4> elements;
  size_t count = 0;
  const auto add = [&](uint8_t id, std::span<const uint8_t> value) {
    if (id != 0) elements[count++] = {id, value};
  };
  add(options_.mid_id, {&mid, 1});
  add(options_.rid_id, {&rid, 1});
  add(options_.level_id, level);
  add(options_.transport_cc_id, number);
  return wire::write_rtp_header(header, std::span(elements).first(count), out);
}

void Source::make_frame(crypto::SrtpCipher& cipher, srtp::OutboundContext& context,
                        uint16_t& transport_sequence, Frame& frame) {
  const int64_t sent_ns = realtime_ns();
  const bool key_frame = std::exchange(key_frame_wanted_, false);
  ++picture_;
  jobs_.clear();
  frame.size = 0;
  for (size_t i = 0; i < options_.frame_packets; ++i, ++number_) {
    const bool last = i + 1 == options_.frame_packets;
    const size_t header =
        write_header(last && options_.is_video, transport_sequence++, headers_[i]);
    const MediaStamp stamp{number_, sent_ns};
    const VideoPosition position{.picture = static_cast<uint16_t>(picture_ & 0x7fff),
                                 .width = static_cast<uint16_t>(options_.height * 16 / 9),
                                 .height = options_.height,
                                 .first_of_frame = i == 0,
                                 .key_frame = key_frame};
    const size_t head = options_.is_video ? write_video_head(position, stamp, heads_[i])
                                          : write_audio_head(stamp, heads_[i]);
    const size_t filled = header + head;
    const size_t rest = options_.packet_bytes > filled ? options_.packet_bytes - filled : 0;
    crypto::ProtectJob& job = jobs_.emplace_back();
    if (!context.prepare_rtp(std::span(headers_[i]).first(header), std::span(heads_[i]).first(head),
                             pattern_of(number_, rest), &frame.bytes[frame.size], job)) {
      jobs_.pop_back();
      continue;
    }
    frame.segment = job.output_size();
    frame.size += frame.segment;
  }
  cipher.protect(jobs_);
  due_ns_ += interval_ns();
}

}  // namespace load

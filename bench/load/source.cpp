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

size_t Source::write_header(bool marker, uint8_t* at) {
  const int64_t clock = options_.is_video ? kVideoClock : kAudioClock;
  const wire::RtpHeader header{
      .timestamp = static_cast<uint32_t>(due_ns_ / 1000 * clock / 1'000'000),
      .ssrc = options_.ssrc,
      .sequence = sequence_++,
      .payload_type = options_.is_video ? kVideoPayloadType : kAudioPayloadType,
      .marker = marker,
      .padding = false};
  const auto mid = static_cast<uint8_t>(options_.mid);
  const uint8_t level = options_.level | 0x80;  // RFC 6464: with voice
  std::array<wire::ExtensionElement, 2> elements;
  size_t count = 0;
  if (options_.mid_id != 0) elements[count++] = {options_.mid_id, {&mid, 1}};
  if (options_.level_id != 0) elements[count++] = {options_.level_id, {&level, 1}};
  return wire::write_rtp_header(header, std::span(elements).first(count), {at, 32});
}

void Source::make_frame(crypto::SrtpCipher& cipher, srtp::OutboundContext& context, Frame& frame) {
  const int64_t sent_ns = realtime_ns();
  const bool key_frame = std::exchange(key_frame_wanted_, false);
  ++picture_;
  jobs_.clear();
  frame.size = 0;
  for (size_t i = 0; i < options_.frame_packets; ++i, ++number_) {
    const bool last = i + 1 == options_.frame_packets;
    const size_t header = write_header(last && options_.is_video, headers_[i].data());
    const MediaStamp stamp{number_, sent_ns};
    const VideoPosition position{.picture = static_cast<uint16_t>(picture_ & 0x7fff),
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

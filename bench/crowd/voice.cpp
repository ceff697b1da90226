#include "crowd/voice.h"

#include "load/datagrams.h"
#include "load/test_media.h"
#include "wire/rtp.h"

namespace crowd {

namespace {

constexpr size_t kSpeechBytes = 100;
constexpr size_t kPictureBytes = 1200;
constexpr uint16_t kPictureHeight = 180;
// Later than this, and the run is void anyway.
constexpr int64_t kLatestNs = 100'000'000;

}  // namespace

size_t Voice::write_header(Leg& leg, std::span<uint8_t> out) const {
  const int64_t clock = options_.is_video ? 90'000 : 48'000;
  const wire::RtpHeader header{
      .timestamp = static_cast<uint32_t>(due_ns_ / 1000 * clock / 1'000'000),
      .ssrc = leg.ssrc,
      .sequence = leg.sequence++,
      .payload_type = options_.is_video ? load::kVideoPayloadType : load::kAudioPayloadType,
      .marker = options_.is_video,
      .padding = false};
  const auto mid = static_cast<uint8_t>(options_.mid);
  const auto level = wire::write_audio_level({.level = options_.level, .voice = true});
  std::array<wire::ExtensionElement, 2> elements;
  size_t count = 0;
  if (options_.mid_id != 0) elements[count++] = {options_.mid_id, {&mid, 1}};
  if (options_.level_id != 0) elements[count++] = {options_.level_id, level};
  return wire::write_rtp_header(header, std::span(elements).first(count), out);
}

size_t Voice::write_head(int64_t sent_ns, std::span<uint8_t> out) const {
  const load::MediaStamp stamp{number(), sent_ns};
  if (!options_.is_video) return load::write_audio_head(stamp, out);
  const load::VideoPosition position{.picture = static_cast<uint16_t>(count_ & 0x7fff),
                                     .width = kPictureHeight * 16 / 9,
                                     .height = kPictureHeight,
                                     .first_of_frame = true,
                                     .key_frame = key_frame_wanted_};
  return load::write_video_head(position, stamp, out);
}

std::span<const uint8_t> Voice::packet_for(Leg& leg, srtp::OutboundContext& context,
                                           crypto::SrtpCipher& cipher) {
  std::array<uint8_t, 40> header{};
  std::array<uint8_t, load::kMaxMediaHead> head{};
  const size_t header_size = write_header(leg, header);
  const size_t head_size = write_head(load::monotonic_ns(), head);
  const size_t wanted = options_.is_video ? kPictureBytes : kSpeechBytes;
  const size_t rest = wanted - header_size - head_size;
  crypto::ProtectJob job;
  if (!context.prepare_rtp(std::span(header).first(header_size), std::span(head).first(head_size),
                           load::pattern_of(number(), rest), bytes_.data(), job)) {
    return {};
  }
  cipher.protect({&job, 1});
  return std::span(bytes_).first(job.output_size());
}

void Voice::advance(int64_t now_ns) {
  key_frame_wanted_ = false;
  ++count_;
  due_ns_ += interval_ns();
  while (due_ns_ < now_ns - kLatestNs) due_ns_ += interval_ns();
}

}  // namespace crowd

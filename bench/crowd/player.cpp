#include "crowd/player.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "load/test_media.h"
#include "wire/rtcp_sdes.h"
#include "wire/rtcp_sender_report.h"
#include "wire/rtp_extensions.h"
#include "wire/vp8.h"

namespace crowd {

namespace {

// With header, extensions and tag below 1200 bytes.
constexpr size_t kMostPayload = 1150;
// 2 s of 4 Mbit/s.
constexpr size_t kKeptPackets = 1024;
constexpr uint8_t kMostRepeats = 8;
constexpr int64_t kReportNs = 1'000'000'000;
// Later than this, and the run is void anyway.
constexpr int64_t kLatestNs = 250'000'000;
constexpr uint32_t kSilentFrames = 20;
// As bench/forward/sdp.ts says.
constexpr std::string_view kCname = "load";

}  // namespace

Player::Player(PlayerOptions options, const PersonClock& clock)
    : options_(std::move(options)),
      clock_(clock),
      // Any number, and not the same for two streams: none may be taken for time.
      first_timestamp_((options_.stream + 1) * 2'654'435'761U),
      picture_(static_cast<uint16_t>(first_timestamp_ & 0x7fff)) {}

void Player::begin(int64_t now_ns) {
  const int64_t media_ns = std::max<int64_t>(clock_.media_ns(now_ns), 0);
  number_ = static_cast<uint64_t>((media_ns + interval_ns() - 1) / interval_ns());
  is_flowing_ = false;
  want_key_frame();
}

void Player::hold(bool is_held) {
  is_held_ = is_held;
  is_flowing_ = false;
  want_key_frame();
}

uint32_t Player::timestamp_at(int64_t media_ns) const {
  const int64_t clock = is_video() ? 90'000 : 48'000;
  constexpr int64_t kSecond = 1'000'000'000;
  const int64_t ticks = media_ns / kSecond * clock + media_ns % kSecond * clock / kSecond;
  return first_timestamp_ + static_cast<uint32_t>(ticks);
}

bool Player::choose() {
  is_chosen_ = !is_held_ && choose_version() && !is_left_out();
  if (is_chosen_ && is_video()) picture_ = (picture_ + 1) & 0x7fff;
  return is_chosen_;
}

// False: no picture can be shown yet.
bool Player::choose_version() {
  if (!is_video()) return true;
  const auto& versions = options_.versions;
  for (size_t i = 0; key_frame_wanted_ && i < versions.size(); ++i) {
    if (!versions[i]->is_key(number_)) continue;
    version_ = i;
    key_frame_wanted_ = false;
  }
  is_key_ = versions[version_]->is_key(number_);
  return is_flowing_ || is_key_;
}

bool Player::is_left_out() {
  const bool is_silent = options_.leaves_silence && options_.versions.front()->is_silence(number_);
  left_out_ = is_silent ? left_out_ + 1 : 0;
  return is_silent && left_out_ % kSilentFrames != 1;
}

// Who is connected while others receive already begins with a picture that needs none before it.
bool Player::begins(PlayerLeg& leg) {
  if (leg.has_begun) return true;
  if (is_video() && !is_key_) {
    want_key_frame();
    return false;
  }
  leg.has_begun = true;
  return true;
}

void Player::send(PlayerLeg& leg, Transport& by, Mail& mail, int64_t now_ns) {
  if (!begins(leg)) return;
  if (&leg == legs_.data()) {
    ++counts_.frames;
    if (is_video() && is_key_) ++counts_.key_frames;
  }
  const std::span<const uint8_t> frame = options_.versions[version_]->frame(number_);
  const size_t packets = (frame.size() + kMostPayload - 1) / kMostPayload;
  const size_t each = (frame.size() + packets - 1) / packets;
  if (leg.sent.empty() && leg.rtx_ssrc != 0) leg.sent.resize(kKeptPackets);
  for (size_t i = 0; i < packets; ++i) {
    const size_t from = i * each;
    const SentPacket packet{.payload = frame.subspan(from, std::min(each, frame.size() - from)),
                            .timestamp = timestamp_at(media_ns()),
                            .sequence = leg.sequence++,
                            .picture = picture_,
                            .is_first = i == 0,
                            .is_last = i + 1 == packets};
    if (!leg.sent.empty()) leg.sent[packet.sequence % kKeptPackets] = packet;
    send_packet(leg, packet, by, mail);
  }
  mail.flush(by);
  if (now_ns >= leg.report_due_ns) report(leg, by, mail, now_ns);
}

void Player::send_packet(PlayerLeg& leg, const SentPacket& packet, Transport& by, Mail& mail) {
  // A picture's last packet has the marker; of sound the first after silence (RFC 3551 §4.1).
  const bool is_marked = is_video() ? packet.is_last : !is_flowing_;
  std::array<uint8_t, 40> header{};
  std::array<uint8_t, wire::kMaxVp8DescriptorSize> descriptor{};
  const size_t header_size =
      write_header({.timestamp = packet.timestamp,
                    .ssrc = leg.ssrc,
                    .sequence = packet.sequence,
                    .payload_type = is_video() ? load::kVideoPayloadType : load::kAudioPayloadType,
                    .marker = is_marked,
                    .padding = false},
                   header);
  const size_t descriptor_size = write_descriptor(packet, descriptor);
  const bool is_taken = mail.add(by, {.header = std::span(header).first(header_size),
                                      .prefix = std::span(descriptor).first(descriptor_size),
                                      .payload = packet.payload});
  if (!is_taken) ++counts_.refused;
  ++leg.packets;
  leg.octets += static_cast<uint32_t>(descriptor_size + packet.payload.size());
  if (&leg == legs_.data()) ++counts_.packets;
}

void Player::repeat(PlayerLeg& leg, uint16_t sequence, Transport& by, Mail& mail) {
  SentPacket* packet = leg.sent.empty() ? nullptr : &leg.sent[sequence % kKeptPackets];
  const bool is_kept = packet != nullptr && !packet->payload.empty() &&
                       packet->sequence == sequence && packet->repeats < kMostRepeats;
  if (!is_kept) {
    ++counts_.not_kept;
    return;
  }
  ++packet->repeats;
  ++counts_.repeats;
  std::array<uint8_t, 40> header{};
  // The number of the original, and what stood before its payload (RFC 4588 §4).
  std::array<uint8_t, 2 + wire::kMaxVp8DescriptorSize> head{};
  const size_t header_size = write_header({.timestamp = packet->timestamp,
                                           .ssrc = leg.rtx_ssrc,
                                           .sequence = leg.rtx_sequence++,
                                           .payload_type = load::kVideoRtxPayloadType,
                                           .marker = packet->is_last,
                                           .padding = false},
                                          header);
  head[0] = static_cast<uint8_t>(sequence >> 8);
  head[1] = static_cast<uint8_t>(sequence);
  const size_t head_size = 2 + write_descriptor(*packet, std::span(head).subspan(2));
  const bool is_taken = mail.add(by, {.header = std::span(header).first(header_size),
                                      .prefix = std::span(head).first(head_size),
                                      .payload = packet->payload});
  if (!is_taken) ++counts_.refused;
}

size_t Player::write_header(const wire::RtpHeader& header, std::span<uint8_t> out) const {
  const auto mid = static_cast<uint8_t>(options_.mid);
  const auto level = wire::write_audio_level({.level = options_.level, .voice = true});
  std::array<wire::ExtensionElement, 2> elements;
  size_t count = 0;
  if (options_.mid_id != 0) elements[count++] = {options_.mid_id, {&mid, 1}};
  if (options_.level_id != 0) elements[count++] = {options_.level_id, level};
  return wire::write_rtp_header(header, std::span(elements).first(count), out);
}

size_t Player::write_descriptor(const SentPacket& packet, std::span<uint8_t> out) const {
  if (!is_video()) return 0;
  wire::Vp8Descriptor descriptor;
  descriptor.picture_id = packet.picture;
  descriptor.long_picture_id = true;
  descriptor.start_of_partition = packet.is_first;
  return wire::write_vp8_descriptor(descriptor, out);
}

void Player::report(PlayerLeg& leg, Transport& by, Mail& mail, int64_t now_ns) {
  leg.report_due_ns = now_ns + kReportNs;
  std::array<uint8_t, 64> compound{};
  const wire::SenderReport report{.ssrc = leg.ssrc,
                                  .ntp_time = clock_.ntp(now_ns),
                                  .rtp_timestamp = timestamp_at(clock_.media_ns(now_ns)),
                                  .packet_count = leg.packets,
                                  .octet_count = leg.octets};
  const size_t size = wire::write_sender_report(report, {}, compound);
  const wire::SdesChunk chunk{leg.ssrc, kCname};
  const size_t more = wire::write_sdes({&chunk, 1}, std::span(compound).subspan(size));
  if (!mail.add_rtcp(by, std::span(compound).first(size + more))) ++counts_.refused;
}

void Player::advance(int64_t now_ns) {
  is_flowing_ = is_chosen_;
  ++number_;
  while (due_ns() < now_ns - kLatestNs) {
    ++number_;
    ++counts_.skipped;
    is_flowing_ = false;
    want_key_frame();
  }
}

}  // namespace crowd

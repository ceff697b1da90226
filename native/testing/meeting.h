// A room in a ShardWorld with the negotiation a browser would do, and the media it would send.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "testing/shard_world.h"
#include "wire/rtp.h"

namespace testing_support {

// What every transport of a Meeting negotiates.
inline constexpr uint8_t kMidId = 1;
inline constexpr uint8_t kRidId = 2;
inline constexpr uint8_t kRepairedRidId = 3;
inline constexpr uint8_t kTransportCcId = 4;
inline constexpr uint8_t kAudioLevelId = 5;
inline constexpr uint8_t kVp8 = 96;
inline constexpr uint8_t kVp8Rtx = 97;
inline constexpr uint8_t kH264 = 102;
inline constexpr uint8_t kH264Rtx = 103;
inline constexpr uint8_t kOpus = 111;
inline constexpr uint16_t kVp8Format = 1;
inline constexpr uint16_t kOpusFormat = 2;
inline constexpr uint16_t kH264Format = 3;

engine::Codec vp8_codec();
engine::Codec h264_codec();
engine::Codec opus_codec();

// A camera: VP8 frames of two packets, 25 a second, with the MID of its m-line.
class VideoSource {
 public:
  VideoSource(uint32_t ssrc, std::string mid, uint16_t first_sequence = 65530)
      : ssrc_(ssrc), mid_(std::move(mid)), sequence_(first_sequence) {}

  void send_frame(VirtualPeer& peer, bool key_frame);
  // A packet that was sent, again as it was (by RTX).
  void resend(VirtualPeer& peer, uint16_t sequence, uint32_t rtx_ssrc);
  void send_sender_report(VirtualPeer& peer, base::Instant now);
  uint32_t ssrc() const { return ssrc_; }
  uint16_t next_sequence() const { return sequence_; }
  uint32_t timestamp() const { return timestamp_; }

 private:
  struct Sent {
    wire::RtpHeader header;
    Bytes payload;
  };
  void send_packet(VirtualPeer& peer, bool first, bool last, bool key_frame);

  uint32_t ssrc_;
  std::string mid_;
  uint16_t sequence_;
  uint32_t timestamp_ = 4'000'000'000;
  uint16_t picture_ = 0;
  uint16_t transport_sequence_ = 0;
  uint16_t rtx_sequence_ = 0;
  std::vector<Sent> sent_;
};

// A microphone: Opus packets of 20 ms with an audio level.
class AudioSource {
 public:
  AudioSource(uint32_t ssrc, std::string mid) : ssrc_(ssrc), mid_(std::move(mid)) {}
  // level: -dBov, 127 is silence.
  void send_packet(VirtualPeer& peer, uint8_t level);
  void send_sender_report(VirtualPeer& peer, base::Instant now);

 private:
  uint32_t ssrc_;
  std::string mid_;
  uint16_t sequence_ = 100;
  uint32_t timestamp_ = 1000;
};

// Transports 1 (publisher), 2, 3, … (subscribers) in room 0. Over several shards an object stands
// on that of its transport, and has the same index on each shard that it is relayed to; the home is
// 0.
class Meeting {
 public:
  explicit Meeting(uint64_t seed = 1, size_t shards = 1);

  ShardWorld world;

  // Another room, in which everything from now on happens: with a choice of the loudest (0: all)
  // and a gate for silence.
  void make_room(uint8_t loudest, bool gate_silence);
  uint32_t room() const { return room_; }

  VirtualPeer& join(uint32_t transport, Loss loss = {}, size_t shard = 0);
  // Publications are offered by transport 1 unless said otherwise. SSRC 0: learned from the MID.
  engine::CommandStatus publish_video(uint32_t publication, uint32_t ssrc = 0,
                                      uint32_t rtx_ssrc = 0, uint32_t transport = 1);
  engine::CommandStatus publish_audio(uint32_t publication, uint32_t transport = 1,
                                      bool always_forwarded = false);
  // Slot `outbound` of a transport, with SSRC 5000 + outbound and RTX 6000 + outbound.
  engine::CommandStatus add_slot(uint32_t outbound, uint32_t transport, engine::MediaKind kind);
  engine::CommandStatus subscribe(uint32_t subscription, uint32_t publication, uint32_t outbound,
                                  bool active = true);
  engine::CommandStatus set_active(uint32_t subscription, bool active, size_t shard = 0);
  // A publication of shard `from` is relayed to `to`; the two commands, in the given order.
  void relay_audio(uint32_t publication, size_t from, size_t to);
  void relay_video(uint32_t publication, size_t from, size_t to, uint8_t encodings = 1);
  engine::CommandStatus open_relay(uint32_t publication, size_t from, size_t to);
  engine::CommandStatus receive_relay(uint32_t publication, size_t from, size_t to,
                                      engine::MediaKind kind, uint8_t encodings = 1);
  size_t shard_of_transport(uint32_t transport) const;
  engine::CommandStatus set_muted(uint32_t publication, bool muted);

  // Publisher 1 sends `camera` and `microphone` to publications 1 (MID "0") and 2 (MID "1"), and
  // subscriber 2 receives both in slots 1 and 2. All connected.
  void begin_one_to_one(Loss subscriber_loss = {});
  // Runs `span` with a frame every 40 ms and an Opus packet every 20 ms; a key frame at the start
  // and whenever the publisher was asked for one.
  void run_media(base::Duration span, uint8_t level = 20);
  // What it sends in the millisecond `step`.
  void send_media(int64_t step, uint8_t level = 20);

  VideoSource camera{1111, "0"};
  AudioSource microphone{2222, "1"};
  size_t key_frame_requests = 0;  // PLIs that the publisher received

 private:
  bool take_key_frame_request();

  size_t shards_;
  std::map<uint32_t, size_t> shard_of_transport_;
  std::map<uint32_t, size_t> shard_of_outbound_;
  uint32_t room_ = 0;
  size_t rtcp_read_ = 0;
  bool first_frame_ = true;
};

}  // namespace testing_support

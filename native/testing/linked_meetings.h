// Two nodes, each a Meeting of its own, and the path between them, on one virtual time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "testing/meeting.h"
#include "testing/seeded_random.h"

namespace testing_support {

// The handle of a room's link is kFirstLink + that of the room, on shard 0 of either node.
inline constexpr uint32_t kFirstLink = 90;
// SSRCs of what crosses: of publication p, encoding e these + 10 p + e.
inline constexpr uint32_t kLinkSsrc = 7000;
inline constexpr uint32_t kLinkRtxSsrc = 8000;
// RED (RFC 2198) of a microphone and of a link.
inline constexpr uint8_t kRed = 63;
inline constexpr uint16_t kRedFormat = 9;

uint32_t link_ssrc(uint32_t publication, uint8_t encoding = 0);

// One direction of the path.
struct LinkWay {
  uint64_t loss = 0;  // percent
  bool is_cut = false;
  base::Duration delay = base::Duration::millis(10);
};

class LinkedMeetings {
 public:
  explicit LinkedMeetings(size_t shards = 1, uint64_t seed = 1);

  Meeting near;  // where everything is published
  Meeting far;
  LinkWay there;  // from near to far
  LinkWay back;

  // Opens both ends for the room that is the present one of both meetings, under keys of its own.
  void open(uint32_t room = 0);
  void cut(bool is_cut) { there.is_cut = back.is_cut = is_cut; }
  bool is_connected(uint32_t room = 0) const;

  // A video publication of near with so many encodings, and what stands for it at far. Of its
  // encodings, all of which deliver, nothing crosses before `send`.
  engine::CommandStatus receive_video(uint32_t publication, uint8_t encodings = 1);
  engine::CommandStatus receive_audio(uint32_t publication);
  // The subscription of a link has the number of the SSRC.
  engine::CommandStatus send(uint32_t publication, engine::MediaKind kind, uint8_t encoding = 0);
  engine::CommandStatus set_sent(uint32_t publication, bool active, uint8_t encoding = 0);
  // Both ends of the camera (1) and the microphone (2) of Meeting::send_media.
  void carry_camera();
  void carry_microphone();
  // The same with a microphone (2) that has RED beside Opus, which crosses as it comes.
  void carry_red_microphone();

  // Lets time pass for both, with what `each_step` does in each millisecond.
  void run(base::Duration span, const std::function<void()>& each_step = {});
  // The same with Meeting::send_media of near.
  void run_media(base::Duration span, uint8_t level = 20);

  // RTP that entered the way from near to far, by SSRC; lost or not.
  std::map<uint32_t, size_t> crossed;
  // Datagrams of any kind, each way.
  size_t datagrams_there = 0;
  size_t datagrams_back = 0;
  // The last one that crossed, as it was on the wire.
  Bytes last_there;
  // Where near sends from, as far sees it.
  base::FiveTuple path_at_far() const;

 private:
  struct Queue {
    std::multimap<base::Instant, Bytes> on_the_way;
  };
  void carry(Meeting& from, const LinkWay& way, Queue& queue, size_t& datagrams);
  void arrive(Queue& queue, Meeting& to, const base::FiveTuple& path);
  void open_end(Meeting& meeting, uint32_t room, const base::FiveTuple& path, bool is_near);
  using Codecs = std::vector<engine::Codec>;
  engine::CommandStatus receive(uint32_t publication, engine::MediaKind kind, uint8_t encodings,
                                const Codecs& codecs);
  engine::CommandStatus send(uint32_t publication, engine::MediaKind kind, uint8_t encoding,
                             const Codecs& codecs);

  SeededRandom random_;
  Queue to_far_;
  Queue to_near_;
  int64_t step_ = 0;
};

}  // namespace testing_support

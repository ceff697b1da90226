// One person's camera or microphone with real media: frames of a film at their moments, as RTP that
// can be decoded (RFC 7741, RFC 7587), with sender reports, retransmissions (RFC 4588) and key
// frames when asked for. What is shown stands fast to the clock of capture, whatever is asked for
// or left out: a key frame comes out of another version of the same film, whose key frames stand
// elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "crowd/film.h"
#include "crowd/mail.h"
#include "crowd/person_clock.h"
#include "wire/rtp.h"

namespace crowd {

struct PlayerOptions {
  std::vector<std::shared_ptr<const Film>> versions;
  uint32_t stream = 0;
  char mid = '0';
  // Numbers of header extensions; 0: without.
  uint8_t mid_id = 0;
  uint8_t level_id = 0;
  uint8_t level = 20;           // -dBov
  bool leaves_silence = false;  // DTX: a packet each 400 ms of it
};

// A packet as it was sent; its bytes are those of the film.
struct SentPacket {
  std::span<const uint8_t> payload;
  uint32_t timestamp = 0;
  uint16_t sequence = 0;
  uint16_t picture = 0;
  bool is_first = false;  // of its frame
  bool is_last = false;
  uint8_t repeats = 0;
};

// A transport that carries it.
struct PlayerLeg {
  size_t transport = 0;
  uint32_t ssrc = 0;
  uint32_t rtx_ssrc = 0;  // 0: without
  uint16_t sequence = 0;
  uint16_t rtx_sequence = 0;
  uint32_t packets = 0;
  uint32_t octets = 0;
  int64_t report_due_ns = 0;
  bool has_begun = false;        // with a key frame
  std::vector<SentPacket> sent;  // a ring by sequence number
};

struct PlayerCounts {
  uint64_t frames = 0;
  uint64_t key_frames = 0;
  uint64_t packets = 0;  // of one leg
  uint64_t repeats = 0;
  uint64_t not_kept = 0;  // asked for too late, or too often
  uint64_t skipped = 0;   // frames for which this process was too late: the run is void
  uint64_t refused = 0;
};

class Player {
 public:
  Player(PlayerOptions options, const PersonClock& clock);

  void carry(std::vector<PlayerLeg> legs) { legs_ = std::move(legs); }
  std::span<PlayerLeg> legs() { return legs_; }
  // From the frame that is due next.
  void begin(int64_t now_ns);
  // Muted, or paused: time goes on, and nothing is sent.
  void hold(bool is_held);
  void want_key_frame() { key_frame_wanted_ = true; }

  int64_t due_ns() const { return clock_.due_ns(media_ns()); }
  // Decides what becomes of the frame that is due; false: nothing is sent.
  bool choose();
  void send(PlayerLeg& leg, Transport& by, Mail& mail, int64_t now_ns);
  void advance(int64_t now_ns);
  void repeat(PlayerLeg& leg, uint16_t sequence, Transport& by, Mail& mail);

  const PlayerOptions& options() const { return options_; }
  const PersonClock& clock() const { return clock_; }
  const PlayerCounts& counts() const { return counts_; }

 private:
  bool is_video() const { return options_.versions.front()->is_video(); }
  int64_t interval_ns() const { return options_.versions.front()->interval_ns(); }
  int64_t media_ns() const { return static_cast<int64_t>(number_) * interval_ns(); }
  uint32_t timestamp_at(int64_t media_ns) const;
  bool choose_version();
  bool is_left_out();
  void send_packet(PlayerLeg& leg, const SentPacket& packet, Transport& by, Mail& mail);
  bool begins(PlayerLeg& leg);
  size_t write_header(const wire::RtpHeader& header, std::span<uint8_t> out) const;
  size_t write_descriptor(const SentPacket& packet, std::span<uint8_t> out) const;
  void report(PlayerLeg& leg, Transport& by, Mail& mail, int64_t now_ns);

  PlayerOptions options_;
  const PersonClock& clock_;
  std::vector<PlayerLeg> legs_;
  uint32_t first_timestamp_;
  uint64_t number_ = 0;  // of the frame that is due
  size_t version_ = 0;
  uint16_t picture_ = 0;
  bool key_frame_wanted_ = true;
  bool is_flowing_ = false;  // the frame before was sent
  bool is_chosen_ = false;   // and this one is
  bool is_key_ = false;
  bool is_held_ = false;
  uint32_t left_out_ = 0;  // frames of silence in a row
  PlayerCounts counts_;
};

}  // namespace crowd

// People with media, on one thread: their transports, what they send, what they hear. Sockets are
// read once in a millisecond, so that many packets share one turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "crowd/ear.h"
#include "crowd/film.h"
#include "crowd/mail.h"
#include "crowd/player.h"
#include "crowd/transport.h"
#include "crowd/voice.h"
#include "crypto/srtp_cipher.h"
#include "io/descriptor.h"
#include "load/datagrams.h"
#include "load/histogram.h"

namespace crowd {

class Crowd {
 public:
  // `turned`: of a transport; see Turn.
  explicit Crowd(std::function<void(const Transport&, Turn)> turned);

  // nullptr: the address cannot be bound.
  Transport* open(uint32_t person, const base::SocketAddress& bind);
  // Ends the program when there is none.
  Transport& transport(size_t id);
  void connect(Transport& transport, const base::SocketAddress& server,
               load::IceCredentials credentials);
  // From another address; false: it cannot be bound.
  bool move(Transport& transport, const base::SocketAddress& bind);
  void close(size_t id);

  // The person's voice (or picture) is carried by these from now on.
  void speak(const VoiceOptions& options, std::vector<Leg> legs);

  // A person's clocks; without, they are those of the machine, from the first `play` on. Those of
  // who plays already stay.
  void set_clock(uint32_t person, const ClockOptions& options);
  std::shared_ptr<const Film> film(const std::string& path) { return shelf_.take(path); }
  // In place of `speak`: real media.
  void play(uint32_t person, const PlayerOptions& options, std::vector<PlayerLeg> legs);
  // Ends the program when there is no such stream.
  void hold(uint32_t stream, bool is_held);
  const std::map<uint32_t, Player>& players() const { return players_; }

  // Measuring begins anew, but for how late it sends itself.
  void begin();
  void forget_lateness() { lateness_ns_ = {}; }
  // By listener and stream.
  const std::map<std::pair<uint32_t, uint32_t>, Ear>& ears() const { return ears_; }
  const std::map<size_t, std::unique_ptr<Transport>>& transports() const { return transports_; }
  const load::Histogram& lateness_ns() const { return lateness_ns_; }
  // By listener and stream: from sending to hearing.
  const std::map<std::pair<uint32_t, uint32_t>, load::Histogram>& delays_ns() const {
    return delays_ns_;
  }
  uint64_t refused() const { return refused_; }

  // One turn; returns when the next one is due.
  int64_t step();

 private:
  void read_sockets();
  void handle(Transport& transport, const load::Arrival& arrival);
  void handle_rtp(Transport& transport, std::span<uint8_t> datagram);
  void handle_payload(Transport& transport, std::span<const uint8_t> payload, int64_t now_ns);
  void handle_rtcp(Transport& transport, std::span<uint8_t> datagram);
  void send_due(int64_t now_ns);
  void say(Voice& voice, int64_t now_ns);
  void show(Player& player, int64_t now_ns);
  void want_key_frame(uint32_t ssrc);
  void repeat(std::span<const uint8_t> compound);
  void look(int64_t now_ns);
  void watch(Transport& transport);

  std::function<void(const Transport&, Turn)> turned_;
  std::unique_ptr<crypto::SrtpCipher> cipher_;
  io::Descriptor epoll_;
  std::map<size_t, std::unique_ptr<Transport>> transports_;
  std::map<uint32_t, Voice> voices_;        // by stream
  std::map<uint32_t, Player> players_;      // by stream
  std::map<uint32_t, PersonClock> clocks_;  // by person
  FilmShelf shelf_;
  std::map<std::pair<uint32_t, uint32_t>, Ear> ears_;
  std::map<std::pair<uint32_t, uint32_t>, load::Histogram> delays_ns_;
  load::Receiver receiver_;
  load::Sender sender_;
  Mail mail_;
  load::Histogram lateness_ns_;
  uint64_t refused_ = 0;
  size_t opened_ = 0;
  int64_t next_look_ns_ = 0;
};

}  // namespace crowd

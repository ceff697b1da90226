// What one person hears of one voice, by the numbers in its packets: they go on over transports,
// slots and nodes, and so does this count. Times are of the monotonic clock, ns.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>

namespace crowd {

// Of the time since the last moment.
struct Hearing {
  uint64_t packets = 0;        // each number once
  uint64_t repeated = 0;       // a number for the second time on the same transport
  uint64_t late = 0;           // behind a higher number
  uint64_t in_time = 0;        // there, in any order, when a voice is played 400 ms later
  uint64_t lost = 0;           // numbers that did not come
  bool was_flowing = false;    // at the moment
  int64_t longest_ns = 0;      // between two packets with news; one that lasts counts
  int64_t longest_end_ns = 0;  // when it ended; 0: it lasts
};

class Ear {
 public:
  // A packet of the voice; `transport` tells which association it came by.
  void hear(uint64_t number, size_t transport, int64_t sent_ns, int64_t now_ns);
  // A frame that a later packet has with it (RFC 2198): counts if nothing of it has come. Should
  // its own packet come yet, that is repeated.
  void hear_again(uint64_t number, size_t transport, int64_t sent_ns, int64_t now_ns) {
    if (!has(number)) hear(number, transport, sent_ns, now_ns);
  }
  // Measuring begins anew: what is heard from now on.
  void begin(int64_t now_ns);
  Hearing hearing(int64_t now_ns) const;
  int64_t last_ns() const { return last_ns_; }

 private:
  // Numbers that are remembered, to tell late ones from repeated ones: 80 s of speech.
  static constexpr size_t kRemembered = 4096;

  bool has(uint64_t number) const;
  // False: it has come before.
  bool note(uint64_t number, size_t transport);
  void advance(uint64_t number);

  Hearing since_;
  int64_t last_ns_ = 0;  // of a packet with news
  uint64_t first_ = 0;   // since the moment
  uint64_t highest_ = 0;
  size_t last_transport_ = 0;
  std::bitset<kRemembered> came_;
};

}  // namespace crowd

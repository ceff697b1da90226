// A camera in three encodings in a Meeting: what a browser sends with rids q, h and f, and how it
// answers requests for key frames, each encoding for itself.
#pragma once

#include <array>
#include <cstdint>

#include "testing/meeting.h"

namespace testing_support {

inline constexpr size_t kSimulcastEncodings = 3;
// SSRCs of the encodings, and of their RTX.
inline constexpr uint32_t kSimulcastSsrc = 1101;
inline constexpr uint32_t kSimulcastRtxSsrc = 1201;

class SimulcastCamera {
 public:
  // Offers publication `publication` of transport 1.
  engine::CommandStatus publish(Meeting& meeting, uint32_t publication);
  // Lets time pass with a frame of each encoding every 40 ms, lowest first, sender reports once a
  // second, and a key frame with the next frame after a PLI.
  void run(Meeting& meeting, base::Duration span);
  // What it sends in the next millisecond.
  void step(Meeting& meeting);

  std::array<VideoSource, kSimulcastEncodings> sources{VideoSource(kSimulcastSsrc, "0", 100),
                                                       VideoSource(kSimulcastSsrc + 1, "0", 40000),
                                                       VideoSource(kSimulcastSsrc + 2, "0", 65500)};
  std::array<bool, kSimulcastEncodings> stopped{};
  std::array<size_t, kSimulcastEncodings> plis{};

 private:
  void send_frames(VirtualPeer& publisher);
  void read_requests(const VirtualPeer& publisher);

  std::array<bool, kSimulcastEncodings> key_due_{true, true, true};
  size_t rtcp_read_ = 0;
  int64_t step_ = 0;
};

}  // namespace testing_support

// What came of one encoding since its newest key frame, so that a late subscriber begins without
// another key frame: as long as every packet is there, and only for as long as the publisher could
// not be asked again anyway. Holds references to packets, never copies. Rules: SPEC.md, [CACHE-*].
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/packet.h"
#include "base/time.h"
#include "forward/media_packet.h"
#include "wire/rtp.h"

namespace forward {

// More packets, or longer, and a key frame of its own is cheaper for everybody. Each packet keeps a
// block of the pool (2.1 kB).
inline constexpr size_t kMaxCachedPackets = 256;
inline constexpr base::Duration kMaxCacheAge = base::Duration::seconds(1);

struct CachedPacket {
  base::PacketRef packet;
  wire::RtpView view;
  SourcePosition position;
  PayloadFormat format;
};

class KeyFrameCache {
 public:
  void handle_packet(const MediaPacket& packet);
  void clear();

  // From the first packet of the key frame to the newest, without a gap; empty when there is no
  // such sequence that is young enough.
  std::span<const CachedPacket> packets(base::Instant now) const;
  // Of what `packets` gives, on the wire without addresses.
  size_t bytes() const { return bytes_; }

 private:
  void store(const MediaPacket& packet, size_t place);

  std::vector<CachedPacket> packets_;  // by number from the key frame's; gaps have no packet
  size_t held_ = 0;
  size_t bytes_ = 0;
};

}  // namespace forward

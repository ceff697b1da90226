// Which track and encoding a received SSRC belongs to: signalled, or learned from the MID and RID
// header extensions of its first packets (RFC 8843 §9.2, RFC 8852 §3). What is bound stays bound:
// a packet cannot move an SSRC to another track.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/number_map.h"
#include "transport/format.h"
#include "wire/rtp.h"
#include "wire/rtp_extensions.h"

namespace transport {

// SSRCs of one transport, media and RTX. Three simulcast layers with RTX, a screen and two audio
// tracks need 12; more lets one peer take more of our memory.
inline constexpr size_t kMaxSsrcs = 20;

struct SsrcRoute {
  uint32_t track = 0;
  uint8_t encoding = 0;
  bool rtx = false;

  bool operator==(const SsrcRoute&) const = default;
};

// What the router knows of a track.
struct TrackIdentity {
  uint32_t track = 0;
  std::string mid;
  std::vector<std::string> rids;  // by encoding; empty strings without simulcast
  std::vector<Codec> codecs;
};

class SsrcRouter {
 public:
  explicit SsrcRouter(size_t limit = kMaxSsrcs) : limit_(limit) {}

  void set_extensions(const wire::ExtensionMap& receive) { extensions_ = receive; }

  void add(TrackIdentity track);
  // Also forgets its SSRCs.
  void remove(uint32_t track);
  // Signalled SSRCs. False when the table is full or the SSRC belongs to another route.
  bool bind(uint32_t ssrc, const SsrcRoute& route);

  const SsrcRoute* find(uint32_t ssrc) const { return routes_.find(ssrc); }

  enum class Refusal : uint8_t { kNone, kUnknown, kTooMany };
  // Binds the unknown SSRC of a packet by its MID and RID, else by its payload type where only one
  // track has it. An encoding that gets a new SSRC loses the one before.
  const SsrcRoute* learn(const wire::RtpView& packet, Refusal& refusal);

 private:
  std::optional<SsrcRoute> identify(const wire::RtpView& packet) const;
  std::optional<SsrcRoute> identify_encoding(const TrackIdentity& track,
                                             const wire::RtpView& packet) const;
  const TrackIdentity* track_by_mid(std::string_view mid) const;
  const TrackIdentity* track_by_payload_type(uint8_t payload_type) const;
  void forget_route(const SsrcRoute& route);

  wire::ExtensionMap extensions_;
  std::vector<TrackIdentity> tracks_;
  size_t limit_;
  base::NumberMap<SsrcRoute> routes_;  // at most limit_
};

}  // namespace transport

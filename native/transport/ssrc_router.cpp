#include "transport/ssrc_router.h"

#include <algorithm>
#include <utility>

namespace transport {

namespace {

std::optional<std::string_view> text_element(const wire::RtpView& packet,
                                             const wire::ExtensionMap& extensions,
                                             wire::ExtensionKind kind) {
  const uint8_t id = extensions.id_of(kind);
  if (id == 0) return std::nullopt;
  const auto value = packet.extensions().find(id);
  if (!value) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(value->data()), value->size());
}

bool carries(const TrackIdentity& track, uint8_t payload_type) {
  return find_codec(track.codecs, payload_type) != nullptr ||
         find_repaired_codec(track.codecs, payload_type) != nullptr;
}

}  // namespace

void SsrcRouter::add(TrackIdentity track) { tracks_.push_back(std::move(track)); }

void SsrcRouter::remove(uint32_t track) {
  std::erase_if(tracks_, [track](const TrackIdentity& it) { return it.track == track; });
  std::vector<uint32_t> gone;
  routes_.for_each([&](uint32_t ssrc, const SsrcRoute& route) {
    if (route.track == track) gone.push_back(ssrc);
  });
  for (const uint32_t ssrc : gone) routes_.erase(ssrc);
}

bool SsrcRouter::bind(uint32_t ssrc, const SsrcRoute& route) {
  if (const SsrcRoute* known = routes_.find(ssrc)) return *known == route;
  if (routes_.size() >= limit_) return false;
  routes_.set(ssrc, route);
  return true;
}

const SsrcRoute* SsrcRouter::learn(const wire::RtpView& packet, Refusal& refusal) {
  const std::optional<SsrcRoute> route = identify(packet);
  if (!route) {
    refusal = Refusal::kUnknown;
    return nullptr;
  }
  forget_route(*route);
  if (routes_.size() >= limit_) {
    refusal = Refusal::kTooMany;
    return nullptr;
  }
  routes_.set(packet.ssrc, *route);
  return routes_.find(packet.ssrc);
}

std::optional<SsrcRoute> SsrcRouter::identify(const wire::RtpView& packet) const {
  const auto mid = text_element(packet, extensions_, wire::ExtensionKind::kMid);
  const TrackIdentity* track =
      mid ? track_by_mid(*mid) : track_by_payload_type(packet.payload_type);
  if (track == nullptr) return std::nullopt;
  return identify_encoding(*track, packet);
}

std::optional<SsrcRoute> SsrcRouter::identify_encoding(const TrackIdentity& track,
                                                       const wire::RtpView& packet) const {
  const auto repaired = text_element(packet, extensions_, wire::ExtensionKind::kRepairedRid);
  const auto rid =
      repaired ? repaired : text_element(packet, extensions_, wire::ExtensionKind::kRid);
  const bool rtx = find_repaired_codec(track.codecs, packet.payload_type) != nullptr;
  if (rid) {
    const auto found = std::find(track.rids.begin(), track.rids.end(), *rid);
    if (found != track.rids.end()) {
      return SsrcRoute{track.track, static_cast<uint8_t>(found - track.rids.begin()), rtx};
    }
  }
  if (track.rids.size() == 1) return SsrcRoute{track.track, 0, rtx};
  return std::nullopt;
}

const TrackIdentity* SsrcRouter::track_by_mid(std::string_view mid) const {
  const auto found = std::find_if(tracks_.begin(), tracks_.end(),
                                  [mid](const TrackIdentity& track) { return track.mid == mid; });
  return found == tracks_.end() ? nullptr : &*found;
}

const TrackIdentity* SsrcRouter::track_by_payload_type(uint8_t payload_type) const {
  const TrackIdentity* only = nullptr;
  for (const TrackIdentity& track : tracks_) {
    if (!carries(track, payload_type)) continue;
    if (only != nullptr) return nullptr;
    only = &track;
  }
  return only;
}

void SsrcRouter::forget_route(const SsrcRoute& route) {
  std::optional<uint32_t> known;
  routes_.for_each([&](uint32_t ssrc, const SsrcRoute& other) {
    if (other == route) known = ssrc;
  });
  if (known) routes_.erase(*known);
}

}  // namespace transport

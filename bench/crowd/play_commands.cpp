#include "crowd/play_commands.h"

#include <utility>
#include <vector>

#include "load/json_lines.h"

namespace crowd {

using load::JsonObject;
using testing_support::Json;

ClockOptions clock_of(const Json& line) {
  return {.media_ppm = line["mediaPpm"].number(),
          .wall_ppm = line["wallPpm"].number(),
          .wall_offset_ns = line["wallOffsetMs"].integer() * 1'000'000};
}

void play(Crowd& crowd, const Json& line) {
  PlayerOptions options{.versions = {},
                        .stream = static_cast<uint32_t>(line["stream"].integer()),
                        .mid = line["mid"].string().at(0),
                        .mid_id = static_cast<uint8_t>(line["midId"].integer()),
                        .level_id = static_cast<uint8_t>(line["levelId"].integer()),
                        .level = static_cast<uint8_t>(line["level"].integer()),
                        .leaves_silence = line["dtx"].integer() != 0};
  for (const Json& path : line["media"].items()) {
    options.versions.push_back(crowd.film(path.string()));
  }
  if (options.versions.empty()) load::fail("no media to play");
  for (const auto& film : options.versions) {
    const Film& first = *options.versions.front();
    const bool is_same = film->is_video() == first.is_video() && film->size() == first.size() &&
                         film->interval_ns() == first.interval_ns();
    if (!is_same) load::fail("versions of a film that differ");
  }
  std::vector<PlayerLeg> legs;
  for (const Json& leg : line["legs"].items()) {
    legs.push_back({.transport = static_cast<size_t>(leg["transport"].integer()),
                    .ssrc = static_cast<uint32_t>(leg["ssrc"].integer()),
                    .rtx_ssrc = static_cast<uint32_t>(leg["rtxSsrc"].integer()),
                    .sent = {}});
  }
  crowd.play(static_cast<uint32_t>(line["person"].integer()), options, std::move(legs));
}

std::string told_of_players(const Crowd& crowd) {
  std::string all;
  for (const auto& [stream, player] : crowd.players()) {
    const PlayerCounts& counts = player.counts();
    if (!all.empty()) all += ',';
    all += JsonObject()
               .number("stream", uint64_t{stream})
               .number("beganUs", static_cast<uint64_t>(player.clock().began_ns() / 1000))
               .number("mediaPpm", player.clock().media_ppm())
               .number("frames", counts.frames)
               .number("keyFrames", counts.key_frames)
               .number("packets", counts.packets)
               .number("repeats", counts.repeats)
               .number("notKept", counts.not_kept)
               .number("skipped", counts.skipped)
               .number("refused", counts.refused)
               .finish();
  }
  return JsonObject().raw("streams", "[" + all + "]").finish();
}

}  // namespace crowd

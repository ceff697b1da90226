#include "engine/video_run.h"

#include <algorithm>

#include "engine/delivery.h"
#include "engine/late_start.h"
#include "engine/relays.h"
#include "engine/upstream.h"
#include "engine/video_path.h"

namespace engine {

namespace {

uint8_t interest_of(const Subscription& subscription) {
  return subscription.forwarder.useful_encodings();
}

// Most packets of most publications are of an encoding that few subscribers take, and finding that
// out from each of them would cost more than serving those few.
void choose_audience(Publication& publication) {
  VideoRun& run = publication.run;
  run.is_begun = true;
  if (run.interests.size() != publication.subscriptions.size()) {
    run.interests.clear();
    for (const Subscription* it : publication.subscriptions) {
      run.interests.push_back(interest_of(*it));
    }
  }
  unsigned encodings = 0;
  for (const forward::MediaPacket& packet : run.packets) encodings |= 1u << packet.encoding;
  for (uint32_t i = 0; i < run.interests.size(); ++i) {
    if ((run.interests[i] & encodings) != 0) run.audience.push_back(i);
  }
}

// True when the subscription came to another encoding, or to its first.
bool forward_run_to(Step& step, Subscription& subscription,
                    std::span<const forward::MediaPacket> packets) {
  if (!subscription.active) return false;
  forward::Forwarder& forwarder = subscription.forwarder;
  const auto before = forwarder.flowing();
  forward::Verdict outcome = forward::Verdict::kInactive;
  for (const forward::MediaPacket& packet : packets) {
    const forward::Verdict verdict = forward_to(step, subscription, packet);
    const bool tells =
        verdict == forward::Verdict::kSend || verdict == forward::Verdict::kCodecUnsupported;
    if (tells) outcome = verdict;
  }
  note_outcome(step, subscription, outcome);
  const auto after = forwarder.flowing();
  const bool changes =
      before.has_value() != after.has_value() || (after && before->encoding != after->encoding);
  if (changes && after) report_at_once(step, subscription);
  if (const auto encoding = forwarder.key_frame_wanted(step.now)) {
    ask_key_frame(step, *subscription.publication, *encoding);
  }
  return changes;
}

// False when everybody has been served.
bool forward_to_next(Step& step, Publication& publication) {
  VideoRun& run = publication.run;
  if (!run.is_begun) choose_audience(publication);
  if (run.next == run.audience.size()) return false;
  const uint32_t number = run.audience[run.next++];
  prefetch_subscribers(
      wire::MediaKind::kVideo, [&run, &publication](size_t ahead) -> const Subscription* {
        const size_t at = run.next + ahead;
        return at < run.audience.size() ? publication.subscriptions[run.audience[at]] : nullptr;
      });
  Subscription& subscription = *publication.subscriptions[number];
  run.has_changed_over |= forward_run_to(step, subscription, run.packets);
  run.interests[number] = interest_of(subscription);
  return true;
}

void end_run(Step& step, Publication& publication) {
  VideoRun& run = publication.run;
  const bool has_changed_over = run.has_changed_over;
  run.packets.clear();
  run.audience.clear();
  run.next = 0;
  run.is_begun = false;
  run.has_changed_over = false;
  if (has_changed_over) refresh_requests(step, publication);
  tell_origin(step, publication);
}

}  // namespace

void append_to_run(Step& step, Publication& publication, const forward::MediaPacket& packet) {
  std::vector<forward::MediaPacket>& packets = publication.run.packets;
  if (packets.size() == kMaxRunPackets) finish_run(step, publication);
  cache_packet(publication, packet);
  if (publication.subscriptions.empty()) return;
  if (packets.empty()) step.shard.run_list.push_back(&publication);
  packets.push_back(packet);
}

void finish_run(Step& step, Publication& publication) {
  if (publication.run.packets.empty()) return;
  std::erase(step.shard.run_list, &publication);
  while (forward_to_next(step, publication)) continue;
  end_run(step, publication);
}

void finish_runs(Step& step) {
  while (!step.shard.run_list.empty()) finish_run(step, *step.shard.run_list.front());
}

bool forward_runs(Step& step) {
  std::vector<Publication*>& runs = step.shard.run_list;
  while (!runs.empty() && step.out.slab.has_room_for_media()) {
    Publication& publication = *runs.front();
    if (forward_to_next(step, publication)) continue;
    runs.erase(runs.begin());
    end_run(step, publication);
  }
  return runs.empty();
}

}  // namespace engine

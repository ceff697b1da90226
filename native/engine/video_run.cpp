#include "engine/video_run.h"

#include <algorithm>

#include "engine/delivery.h"
#include "engine/late_start.h"
#include "engine/relays.h"
#include "engine/upstream.h"
#include "engine/video_path.h"

namespace engine {

namespace {

// Whoever comes next is needed soon, and is cold: its state is asked for while those before it are
// served, a pointer further with each of them.
void prefetch_for(std::span<Subscription* const> next) {
  if (next.size() > 3) next[3]->prefetch();
  if (next.size() > 2) base::prefetch_bytes(next[2]->outbound, &next[2]->outbound->config);
  if (next.size() > 1) {
    const Transport& transport = *next[1]->outbound->transport;
    base::prefetch_bytes(&transport, &transport.core);
    transport.core.prefetch();
    base::prefetch(*next[1]->outbound->track);
  }
  if (!next.empty()) {
    next[0]->outbound->transport->core.prefetch_ahead();
    next[0]->outbound->track->prefetch_ahead();
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

void forward_to_next(Step& step, Publication& publication) {
  VideoRun& run = publication.run;
  Subscription& subscription = *publication.subscriptions[run.next_subscription++];
  prefetch_for(std::span(publication.subscriptions).subspan(run.next_subscription));
  run.has_changed_over |= forward_run_to(step, subscription, run.packets);
}

void end_run(Step& step, Publication& publication) {
  VideoRun& run = publication.run;
  const bool has_changed_over = run.has_changed_over;
  run.packets.clear();
  run.next_subscription = 0;
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
  while (publication.run.next_subscription < publication.subscriptions.size()) {
    forward_to_next(step, publication);
  }
  end_run(step, publication);
}

void finish_runs(Step& step) {
  while (!step.shard.run_list.empty()) finish_run(step, *step.shard.run_list.front());
}

bool forward_runs(Step& step) {
  std::vector<Publication*>& runs = step.shard.run_list;
  while (!runs.empty() && step.out.slab.has_room_for_media()) {
    Publication& publication = *runs.front();
    if (publication.run.next_subscription < publication.subscriptions.size()) {
      forward_to_next(step, publication);
    } else {
      runs.erase(runs.begin());
      end_run(step, publication);
    }
  }
  return runs.empty();
}

}  // namespace engine

#include <memory>
#include <utility>

#include "engine/close.h"
#include "engine/commands.h"
#include "engine/formats.h"
#include "engine/media_path.h"
#include "engine/taps.h"

namespace engine {

namespace {

// What a subscription joins, of either kind.
struct Joint {
  CommandStatus status = CommandStatus::kOk;
  Publication* publication = nullptr;
  Outbound* outbound = nullptr;
};

template <typename Command>
Joint find_joint(ShardState& shard, const Command& command) {
  Joint joint{.publication = shard.publications.find(command.publication),
              .outbound = shard.outbounds.find(command.outbound)};
  if (joint.publication == nullptr || joint.outbound == nullptr) {
    joint.status = CommandStatus::kUnknownHandle;
    return joint;
  }
  joint.status = shard.subscriptions.check_free(command.subscription);
  if (joint.status != CommandStatus::kOk) return joint;
  const Handle room = joint.publication->room->handle;
  if (joint.outbound->config.kind != joint.publication->kind) {
    joint.status = CommandStatus::kInvalidArgument;
  } else if (joint.outbound->subscription != nullptr || joint.outbound->transport->room != room) {
    joint.status = CommandStatus::kWrongState;
  }
  return joint;
}

Subscription& join(ShardState& shard, Handle handle, const Joint& joint) {
  Subscription& subscription = shard.subscriptions.insert(
      std::make_unique<Subscription>(handle, *joint.publication, *joint.outbound));
  subscription.forwarder.set_extensions(joint.outbound->transport->send);
  joint.outbound->subscription = &subscription;
  joint.publication->subscriptions.push_back(&subscription);
  return subscription;
}

}  // namespace

CommandStatus handle(Step& step, const SubscriptionCreateCommand& command) {
  const Joint joint = find_joint(step.shard, command);
  if (joint.status != CommandStatus::kOk) return joint.status;
  Subscription& subscription = join(step.shard, command.subscription, joint);
  subscription.active = command.active;
  subscription.target = {command.spatial, command.temporal};
  refresh_forwarding(step, *joint.publication);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const LinkSubscriptionCreateCommand& command) {
  const Joint joint = find_joint(step.shard, command);
  if (joint.status != CommandStatus::kOk) return joint.status;
  if (command.encoding >= joint.publication->encodings) return CommandStatus::kInvalidArgument;
  if (!joint.outbound->transport->link) return CommandStatus::kWrongState;
  Subscription& subscription = join(step.shard, command.subscription, joint);
  subscription.pinned = command.encoding;
  ++joint.publication->links;
  refresh_forwarding(step, *joint.publication);
  return CommandStatus::kOk;
}

// Everything that there is, as it comes: no transport, so no pacing, no history and no reports.
CommandStatus handle(Step& step, const TapCreateCommand& command) {
  ShardState& shard = step.shard;
  Publication* publication = shard.publications.find(command.publication);
  if (publication == nullptr) return CommandStatus::kUnknownHandle;
  const CommandStatus free = shard.subscriptions.check_free(command.subscription);
  if (free != CommandStatus::kOk) return free;
  const auto codecs = read_codecs(command.codecs);
  if (!codecs) return CommandStatus::kInvalidArgument;
  auto outbound = std::make_unique<Outbound>();
  outbound->config.kind = publication->kind;
  outbound->config.codecs = outbound_codecs(*codecs);
  outbound->state = std::make_unique<forward::ForwarderState>(forward::initial_state(0));
  Subscription& subscription = shard.subscriptions.insert(
      std::make_unique<Subscription>(command.subscription, *publication, std::move(outbound)));
  publication->subscriptions.push_back(&subscription);
  refresh_patience(*publication);
  refresh_forwarding(step, *publication);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const SubscriptionSetCommand& command) {
  Subscription* subscription = step.shard.subscriptions.find(command.subscription);
  if (subscription == nullptr) return CommandStatus::kUnknownHandle;
  subscription->active = command.active;
  subscription->pause_reason = command.pause_reason;
  subscription->target = {command.spatial, command.temporal};
  refresh_forwarding(step, *subscription->publication);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const SubscriptionCloseCommand& command) {
  Subscription* subscription = step.shard.subscriptions.find(command.subscription);
  if (subscription == nullptr) return CommandStatus::kUnknownHandle;
  close_subscription(step, *subscription);
  return CommandStatus::kOk;
}

}  // namespace engine

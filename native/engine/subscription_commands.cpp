#include <memory>
#include <utility>

#include "engine/close.h"
#include "engine/commands.h"
#include "engine/media_path.h"

namespace engine {

CommandStatus handle(Step& step, const SubscriptionCreateCommand& command) {
  ShardState& shard = step.shard;
  Publication* publication = shard.publications.find(command.publication);
  Outbound* outbound = shard.outbounds.find(command.outbound);
  if (publication == nullptr || outbound == nullptr) return CommandStatus::kUnknownHandle;
  const CommandStatus free = shard.subscriptions.check_free(command.subscription);
  if (free != CommandStatus::kOk) return free;
  if (outbound->config.kind != publication->kind) return CommandStatus::kInvalidArgument;
  if (outbound->subscription != nullptr || outbound->transport->room != publication->room->handle) {
    return CommandStatus::kWrongState;
  }
  Subscription& subscription = shard.subscriptions.insert(
      std::make_unique<Subscription>(command.subscription, *publication, *outbound));
  subscription.active = command.active;
  subscription.target = {command.spatial, command.temporal};
  subscription.forwarder.set_extensions(outbound->transport->send);
  outbound->subscription = &subscription;
  publication->subscriptions.push_back(&subscription);
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

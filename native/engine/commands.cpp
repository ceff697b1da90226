#include "engine/commands.h"

#include <array>

namespace engine {

namespace {

using Handler = CommandStatus (*)(Step&, std::span<const uint8_t>);

template <typename Command>
CommandStatus decode_and_handle(Step& step, std::span<const uint8_t> fields) {
  Command command;
  if (!decode_fields(fields, command)) return CommandStatus::kInvalidArgument;
  return handle(step, command);
}

struct Entry {
  CommandType type;
  Handler handler;
};

template <typename... Commands>
constexpr std::array<Entry, sizeof...(Commands)> make_table() {
  return {Entry{Commands::kType, decode_and_handle<Commands>}...};
}

// The sim_* commands are the virtual driver's and never reach a shard.
constexpr auto kTable =
    make_table<RoomCreateCommand, RoomCloseCommand, TransportCreateCommand,
               TransportSetRemoteCommand, TransportSetExtensionsCommand, TransportRestartIceCommand,
               TransportSetRatesCommand, TransportSetFeedbackCommand, TransportCloseCommand,
               PublicationCreateCommand, PublicationSetCommand, PublicationSetUsableCommand,
               PublicationRequestKeyFrameCommand, PublicationCloseCommand, OutboundCreateCommand,
               OutboundCloseCommand, SubscriptionCreateCommand, SubscriptionSetCommand,
               SubscriptionCloseCommand, LinkSubscriptionCreateCommand, TapCreateCommand,
               PlainTransportCreateCommand, LinkCreateCommand, RelayCreateCommand,
               RelayCloseCommand, RelayedPublicationCreateCommand>();

}  // namespace

CommandStatus execute(Step& step, uint16_t type, std::span<const uint8_t> fields) {
  for (const Entry& entry : kTable) {
    if (static_cast<uint16_t>(entry.type) == type) return entry.handler(step, fields);
  }
  return CommandStatus::kUnsupported;
}

}  // namespace engine

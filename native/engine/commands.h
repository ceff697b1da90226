// The commands of the contract, one handler each, and the table that finds them. JavaScript has
// validated what it sends; a handler still refuses what would break an object (contract.json).
#pragma once

#include <cstdint>
#include <span>

#include "engine/contract.gen.h"
#include "engine/shard_state.h"

namespace engine {

// Executes one encoded command; kInvalidArgument when its fields are malformed, kUnsupported when
// no handler has this type.
CommandStatus execute(Step& step, uint16_t type, std::span<const uint8_t> fields);

// room_commands.cpp
CommandStatus handle(Step& step, const RoomCreateCommand& command);
CommandStatus handle(Step& step, const RoomCloseCommand& command);
// transport_commands.cpp
CommandStatus handle(Step& step, const TransportCreateCommand& command);
CommandStatus handle(Step& step, const TransportSetRemoteCommand& command);
CommandStatus handle(Step& step, const TransportSetExtensionsCommand& command);
CommandStatus handle(Step& step, const TransportRestartIceCommand& command);
CommandStatus handle(Step& step, const TransportSetRatesCommand& command);
CommandStatus handle(Step& step, const TransportSetFeedbackCommand& command);
CommandStatus handle(Step& step, const TransportCloseCommand& command);
// plain_transport_commands.cpp
CommandStatus handle(Step& step, const PlainTransportCreateCommand& command);
CommandStatus handle(Step& step, const LinkCreateCommand& command);
// publication_commands.cpp
CommandStatus handle(Step& step, const PublicationCreateCommand& command);
CommandStatus handle(Step& step, const PublicationSetCommand& command);
CommandStatus handle(Step& step, const PublicationSetUsableCommand& command);
CommandStatus handle(Step& step, const PublicationRequestKeyFrameCommand& command);
CommandStatus handle(Step& step, const PublicationCloseCommand& command);
// relay_commands.cpp
CommandStatus handle(Step& step, const RelayCreateCommand& command);
CommandStatus handle(Step& step, const RelayCloseCommand& command);
CommandStatus handle(Step& step, const RelayedPublicationCreateCommand& command);
// outbound_commands.cpp
CommandStatus handle(Step& step, const OutboundCreateCommand& command);
CommandStatus handle(Step& step, const OutboundCloseCommand& command);
// subscription_commands.cpp
CommandStatus handle(Step& step, const SubscriptionCreateCommand& command);
CommandStatus handle(Step& step, const SubscriptionSetCommand& command);
CommandStatus handle(Step& step, const SubscriptionCloseCommand& command);
CommandStatus handle(Step& step, const LinkSubscriptionCreateCommand& command);
CommandStatus handle(Step& step, const TapCreateCommand& command);

}  // namespace engine

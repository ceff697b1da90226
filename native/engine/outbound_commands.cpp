#include <memory>
#include <string>
#include <utility>

#include "engine/close.h"
#include "engine/commands.h"
#include "engine/formats.h"
#include "engine/transport_step.h"

namespace engine {

namespace {

// Slots of one subscriber, each with a media and an RTX SSRC: what an outbound SRTP context holds.
constexpr size_t kMaxOutbounds = srtp::kMaxOutboundSsrcs / 2;
constexpr size_t kMaxLinkOutbounds = transport::kMaxLinkSsrcs / 2;
constexpr size_t kMaxCnameSize = 255;  // RFC 3550 §6.5

void read_red(const std::vector<transport::Codec>& codecs, Outbound& outbound) {
  for (const transport::Codec& codec : codecs) {
    if (codec.kind != wire::CodecKind::kRed) continue;
    outbound.red_payload_type = codec.payload_type;
    if (codec.nack) outbound.red_rtx_payload_type = codec.rtx_payload_type;
    return;
  }
}

}  // namespace

CommandStatus handle(Step& step, const OutboundCreateCommand& command) {
  ShardState& shard = step.shard;
  Transport* transport = shard.transports.find(command.transport);
  if (transport == nullptr) return CommandStatus::kUnknownHandle;
  const CommandStatus free = shard.outbounds.check_free(command.outbound);
  if (free != CommandStatus::kOk) return free;
  const size_t limit = transport->link ? kMaxLinkOutbounds : kMaxOutbounds;
  if (transport->outbounds.size() >= limit) return CommandStatus::kLimitReached;
  auto codecs = read_codecs(command.codecs);
  if (!codecs || command.cname.size() > kMaxCnameSize || command.mid.size() > wire::kMaxMidSize) {
    return CommandStatus::kInvalidArgument;
  }
  auto outbound = std::make_unique<Outbound>();
  outbound->handle = command.outbound;
  outbound->transport = transport;
  outbound->config = {.kind = static_cast<wire::MediaKind>(command.kind),
                      .ssrc = command.ssrc,
                      .mid = wire::Mid(command.mid),
                      .codecs = outbound_codecs(*codecs)};
  read_red(*codecs, *outbound);
  // The upper half is left free: a first number near the wrap confuses receivers that lose the
  // first packets (RFC 3711 §3.3.1).
  outbound->state = std::make_unique<forward::ForwarderState>(
      forward::initial_state(shard.services.random.u16() & 0x7fff));
  outbound->track = transport->core.sender().add({.outbound = command.outbound.index,
                                                  .kind = outbound->config.kind,
                                                  .mid = std::string(command.mid),
                                                  .ssrc = command.ssrc,
                                                  .rtx_ssrc = command.rtx_ssrc,
                                                  .cname = std::string(command.cname),
                                                  .codecs = std::move(*codecs),
                                                  .resends_all = transport->link.has_value()},
                                                 step.now);
  if (outbound->track == nullptr) return CommandStatus::kInvalidArgument;
  transport->outbounds.push_back(outbound.get());
  shard.outbounds.insert(std::move(outbound));
  reschedule(step, *transport);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const OutboundCloseCommand& command) {
  Outbound* outbound = step.shard.outbounds.find(command.outbound);
  if (outbound == nullptr) return CommandStatus::kUnknownHandle;
  close_outbound(step, *outbound);
  return CommandStatus::kOk;
}

}  // namespace engine

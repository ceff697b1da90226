#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/close.h"
#include "engine/commands.h"
#include "engine/events.h"
#include "engine/relays.h"
#include "engine/transport_step.h"

namespace engine {

namespace {

// Longer, and a controller would take the feedback for lost.
constexpr uint32_t kMaxFeedbackIntervalUs = 1000000;

// RFC 8445 §5.3: 4 to 256 and 22 to 256 ice-chars.
bool are_valid(const ice::Credentials& credentials) {
  const auto within = [](size_t size, size_t min) { return size >= min && size <= 256; };
  return within(credentials.ufrag.size(), 4) && within(credentials.pwd.size(), 22);
}

ice::Credentials credentials_of(std::string_view ufrag, std::string_view pwd) {
  return {std::string(ufrag), std::string(pwd)};
}

// The peer's may come later; half of them may not.
bool are_valid_or_none(const ice::Credentials& credentials) {
  return (credentials.ufrag.empty() && credentials.pwd.empty()) || are_valid(credentials);
}

// False when it is neither empty nor a SHA-256.
bool read_fingerprint(std::span<const uint8_t> bytes, std::optional<crypto::Fingerprint>& out) {
  if (bytes.empty()) return true;
  out.emplace();
  if (bytes.size() != out->size()) return false;
  std::copy(bytes.begin(), bytes.end(), out->begin());
  return true;
}

void learn_ufrag(ShardState& shard, Transport& transport, const std::string& ufrag) {
  shard.by_ufrag[ufrag] = &transport;
  transport.ufrags.push_back(ufrag);
}

bool read_extensions(const List<Extension>& list, wire::ExtensionMap& out) {
  for (const Extension& extension : list) {
    if (!out.add(extension.id, static_cast<wire::ExtensionKind>(extension.kind))) return false;
  }
  return true;
}

// congestion_feedback.clusters is signed: -1 is none.
constexpr uint32_t kMaxProbeId = 0x7fffffff;

}  // namespace

CommandStatus handle(Step& step, const TransportCreateCommand& command) {
  ShardState& shard = step.shard;
  const CommandStatus status = check_new_transport(shard, command.room, command.transport);
  if (status != CommandStatus::kOk) return status;
  if (command.plaintext && !shard.config.allow_plaintext) return CommandStatus::kUnsupported;
  transport::AssociationConfig config{
      .local = credentials_of(command.local_ufrag, command.local_pwd),
      .remote = credentials_of(command.remote_ufrag, command.remote_pwd),
      .fingerprint = std::nullopt,
      .plaintext = command.plaintext,
      .plain = std::nullopt,
      .tag = pack(command.transport)};
  if (!read_fingerprint(command.fingerprint, config.fingerprint) ||
      (!command.plaintext && (!are_valid(config.local) || !are_valid_or_none(config.remote) ||
                              shard.by_ufrag.contains(config.local.ufrag)))) {
    return CommandStatus::kInvalidArgument;
  }
  Transport& transport = insert_transport(step, command.room, command.transport, config);
  if (!command.plaintext) learn_ufrag(shard, transport, config.local.ufrag);
  start_transport(step, transport);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const TransportSetRemoteCommand& command) {
  Transport* transport = step.shard.transports.find(command.transport);
  if (transport == nullptr) return CommandStatus::kUnknownHandle;
  ice::Credentials remote = credentials_of(command.remote_ufrag, command.remote_pwd);
  std::optional<crypto::Fingerprint> fingerprint;
  if (!are_valid_or_none(remote) || !read_fingerprint(command.fingerprint, fingerprint)) {
    return CommandStatus::kInvalidArgument;
  }
  transport->core.association().set_remote(std::move(remote), fingerprint, step.now,
                                           begin_transport_step(step));
  finish_transport_step(step, *transport);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const TransportSetExtensionsCommand& command) {
  Transport* transport = step.shard.transports.find(command.transport);
  if (transport == nullptr) return CommandStatus::kUnknownHandle;
  wire::ExtensionMap receive;
  wire::ExtensionMap send;
  if (!read_extensions(command.receive, receive) || !read_extensions(command.send, send)) {
    return CommandStatus::kInvalidArgument;
  }
  transport->receive = receive;
  transport->send = send;
  transport->core.receiver().set_extensions(receive);
  for (Publication* publication : transport->publications) tell_relays(step, *publication);
  for (const Outbound* outbound : transport->outbounds) {
    if (outbound->subscription != nullptr) outbound->subscription->forwarder.set_extensions(send);
  }
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const TransportRestartIceCommand& command) {
  ShardState& shard = step.shard;
  Transport* transport = shard.transports.find(command.transport);
  if (transport == nullptr) return CommandStatus::kUnknownHandle;
  if (transport->core.association().is_direct()) return CommandStatus::kWrongState;
  ice::Credentials local = credentials_of(command.local_ufrag, command.local_pwd);
  ice::Credentials remote = credentials_of(command.remote_ufrag, command.remote_pwd);
  if (!are_valid(local) || !are_valid_or_none(remote) || shard.by_ufrag.contains(local.ufrag)) {
    return CommandStatus::kInvalidArgument;
  }
  // The agent answers to the last two: older ones lead nowhere.
  while (transport->ufrags.size() > 1) {
    shard.by_ufrag.erase(transport->ufrags.front());
    transport->ufrags.erase(transport->ufrags.begin());
  }
  learn_ufrag(shard, *transport, local.ufrag);
  transport->core.association().restart_ice(std::move(local), std::move(remote));
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const TransportSetRatesCommand& command) {
  Transport* transport = step.shard.transports.find(command.transport);
  if (transport == nullptr) return CommandStatus::kUnknownHandle;
  for (const Probe& probe : command.probes) {
    if (probe.rate_bps == 0 || probe.id > kMaxProbeId) return CommandStatus::kInvalidArgument;
  }
  transport->core.set_rates({command.pacing_bps, command.padding_bps}, command.target_bps,
                            step.now);
  transport->target_bps = command.target_bps;
  for (const Probe& probe : command.probes) {
    transport->core.add_probe({probe.id, probe.rate_bps, probe.min_packets, probe.min_bytes},
                              step.now);
  }
  queue_for_flush(step.shard, *transport);
  reschedule(step, *transport);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const TransportSetFeedbackCommand& command) {
  Transport* transport = step.shard.transports.find(command.transport);
  if (transport == nullptr) return CommandStatus::kUnknownHandle;
  if (command.interval_us > kMaxFeedbackIntervalUs) return CommandStatus::kInvalidArgument;
  transport->core.receiver().set_feedback_interval(base::Duration{command.interval_us});
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const TransportCloseCommand& command) {
  Transport* transport = step.shard.transports.find(command.transport);
  if (transport == nullptr) return CommandStatus::kUnknownHandle;
  close_transport(step, *transport);
  return CommandStatus::kOk;
}

}  // namespace engine

#include <algorithm>
#include <optional>

#include "base/byte_reader.h"
#include "engine/commands.h"
#include "engine/events.h"
#include "engine/transport_step.h"

namespace engine {

namespace {

// Id and secret of a token, as lib chose them.
constexpr size_t kTokenBytes = 8 + wire::kPlainSecretSize;

// False when it is neither empty nor a key and salt of this profile.
bool read_key(std::span<const uint8_t> bytes, crypto::SrtpProfile profile,
              crypto::SrtpMasterKey& out) {
  if (profile == crypto::SrtpProfile::kNone) return bytes.empty();
  const size_t salt = crypto::srtp_salt_size(profile);
  if (bytes.size() != crypto::kSrtpKeySize + salt) return false;
  out.profile = profile;
  std::copy_n(bytes.begin(), crypto::kSrtpKeySize, out.key.begin());
  std::copy_n(bytes.begin() + crypto::kSrtpKeySize, salt, out.salt.begin());
  return true;
}

bool read_keys(const PlainTransportCreateCommand& command, transport::PlainConfig& out) {
  const auto profile = static_cast<crypto::SrtpProfile>(command.profile);
  crypto::SrtpMasterKeys keys;
  if (!read_key(command.inbound_key, profile, keys.inbound) ||
      !read_key(command.outbound_key, profile, keys.outbound)) {
    return false;
  }
  if (profile == crypto::SrtpProfile::kNone) return true;
  // Both directions under one key would use a keystream twice when SSRCs meet (RFC 3711 §9.1).
  if (std::ranges::equal(command.inbound_key, command.outbound_key)) return false;
  out.keys = keys;
  return true;
}

// Either an address or a token to learn it by.
bool read_path(const PlainTransportCreateCommand& command, transport::PlainPathConfig& out) {
  const auto local = base::SocketAddress::parse(command.local_ip, command.local_port);
  if (!local || local->port == 0) return false;
  if (command.remote_ip.empty()) {
    if (command.token.size() != kTokenBytes || command.remote_rtcp_port != 0) return false;
    std::copy_n(command.token.begin() + 8, wire::kPlainSecretSize, out.secret.emplace().begin());
    return true;
  }
  const auto remote = base::SocketAddress::parse(command.remote_ip, command.remote_port);
  if (!remote || remote->port == 0 || remote->family != local->family) return false;
  out.rtp = {*local, *remote};
  if (command.remote_rtcp_port != 0) {
    out.rtcp = out.rtp;
    out.rtcp->remote.port = command.remote_rtcp_port;
  }
  return command.token.empty();
}

bool is_taken(const ShardState& shard, const transport::PlainPathConfig& path) {
  const auto has = [&](const std::optional<base::FiveTuple>& tuple) {
    return tuple && shard.by_path.contains(*tuple);
  };
  return has(path.rtp) || has(path.rtcp);
}

// Between these addresses, under whichever keys.
bool has_link(const ShardState& shard, const base::FiveTuple& path) {
  return std::ranges::any_of(shard.by_link, [&](const auto& it) { return it.first.path == path; });
}

bool read_link(const LinkCreateCommand& command, transport::PlainConfig& out) {
  const auto local = base::SocketAddress::parse(command.local_ip, command.local_port);
  const auto remote = base::SocketAddress::parse(command.remote_ip, command.remote_port);
  if (!local || !remote || local->port == 0 || remote->port == 0 ||
      local->family != remote->family) {
    return false;
  }
  out.path.rtp = {*local, *remote};
  crypto::SrtpMasterKeys& keys = out.keys.emplace();
  constexpr auto kProfile = crypto::SrtpProfile::kAeadAes128Gcm;
  return read_key(command.inbound_key, kProfile, keys.inbound) &&
         read_key(command.outbound_key, kProfile, keys.outbound) &&
         !std::ranges::equal(command.inbound_key, command.outbound_key);
}

}  // namespace

CommandStatus handle(Step& step, const LinkCreateCommand& command) {
  ShardState& shard = step.shard;
  const CommandStatus status = check_new_transport(shard, command.room, command.transport);
  if (status != CommandStatus::kOk) return status;
  transport::AssociationConfig config;
  config.tag = pack(command.transport);
  config.key_id = command.key_id;
  transport::PlainConfig& plain = config.plain.emplace();
  if (!read_link(command, plain)) return CommandStatus::kInvalidArgument;
  const LinkKey key{*plain.path.rtp, command.key_id};
  if (is_taken(shard, plain.path) || shard.by_link.contains(key)) return CommandStatus::kWrongState;
  Transport& transport = insert_transport(step, command.room, command.transport, config);
  transport.link = key;
  shard.by_link[key] = &transport;
  start_transport(step, transport);
  return CommandStatus::kOk;
}

CommandStatus handle(Step& step, const PlainTransportCreateCommand& command) {
  ShardState& shard = step.shard;
  const CommandStatus status = check_new_transport(shard, command.room, command.transport);
  if (status != CommandStatus::kOk) return status;
  transport::AssociationConfig config;
  config.tag = pack(command.transport);
  transport::PlainConfig& plain = config.plain.emplace();
  if (!read_path(command, plain.path) || !read_keys(command, plain)) {
    return CommandStatus::kInvalidArgument;
  }
  std::optional<uint64_t> token;
  if (!command.token.empty()) token = base::load_u64(command.token.data());
  // Datagrams find their transport by both addresses: a pair belongs to one.
  const bool is_linked = plain.path.rtp && has_link(shard, *plain.path.rtp);
  if (is_linked || is_taken(shard, plain.path) || (token && shard.by_token.contains(*token))) {
    return CommandStatus::kWrongState;
  }
  Transport& transport = insert_transport(step, command.room, command.transport, config);
  transport.token = token;
  if (token) shard.by_token[*token] = &transport;
  start_transport(step, transport);
  return CommandStatus::kOk;
}

}  // namespace engine

// A transport address: protocol, family, address and port. Hashable, comparable, printable; knows
// no socket call (io converts it to and from sockaddr).
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace base {

enum class Protocol : uint8_t { kUdp, kTcp };
enum class Family : uint8_t { kIpv4, kIpv6 };

// IPv4 uses the first 4 bytes of `bytes`, network order; the rest is zero.
struct SocketAddress {
  Protocol protocol = Protocol::kUdp;
  Family family = Family::kIpv4;
  uint16_t port = 0;
  std::array<uint8_t, 16> bytes{};

  auto operator<=>(const SocketAddress&) const = default;

  // Length of the address in bytes: 4 or 16.
  size_t size() const { return family == Family::kIpv4 ? 4 : 16; }
  // "127.0.0.1:40000" or "[::1]:40000".
  std::string to_string() const;
  // The address alone, without port or brackets.
  std::string ip_string() const;
  // Parses a literal IPv4 or IPv6 address (no names); nullopt when it is neither.
  static std::optional<SocketAddress> parse(std::string_view ip, uint16_t port,
                                            Protocol protocol = Protocol::kUdp);
};

// A pair (ours, theirs): the key of one association (the 5-tuple with its protocol).
struct FiveTuple {
  SocketAddress local;
  SocketAddress remote;

  auto operator<=>(const FiveTuple&) const = default;
};

struct FiveTupleHash {
  size_t operator()(const FiveTuple& tuple) const;
};

}  // namespace base

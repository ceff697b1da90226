#include "base/address.h"

#include <algorithm>
#include <charconv>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace base {

namespace {

constexpr size_t kGroups = 8;
using Groups = std::array<uint16_t, kGroups>;

std::string number(uint32_t value, int radix) {
  char text[16];
  const auto end = std::to_chars(text, text + sizeof text, value, radix);
  return {text, end.ptr};
}

// Takes an unsigned number off the front of `text`; nullopt when there is none, it has a sign, a
// leading zero in decimal, or exceeds `max`.
std::optional<uint16_t> take_number(std::string_view& text, int radix, uint32_t max) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, radix);
  const auto digits = static_cast<size_t>(end - text.data());
  const bool leading_zero = radix == 10 && digits > 1 && text.front() == '0';
  if (error != std::errc() || digits > 4 || leading_zero || value > max) return std::nullopt;
  text.remove_prefix(digits);
  return static_cast<uint16_t>(value);
}

bool take(std::string_view& text, std::string_view token) {
  if (!text.starts_with(token)) return false;
  text.remove_prefix(token.size());
  return true;
}

std::optional<std::array<uint8_t, 4>> parse_ipv4(std::string_view text) {
  std::array<uint8_t, 4> bytes{};
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0 && !take(text, ".")) return std::nullopt;
    const auto value = take_number(text, 10, 255);
    if (!value) return std::nullopt;
    bytes[i] = static_cast<uint8_t>(*value);
  }
  if (!text.empty()) return std::nullopt;
  return bytes;
}

// Groups of one side of "::" (or the whole address without one); a dotted quad may end the last.
struct GroupList {
  Groups groups{};
  size_t size = 0;
};

std::optional<GroupList> parse_groups(std::string_view text, bool is_last) {
  GroupList list;
  while (!text.empty()) {
    if (list.size > 0 && !take(text, ":")) return std::nullopt;
    if (const auto quad = is_last ? parse_ipv4(text) : std::nullopt) {
      if (list.size + 2 > kGroups) return std::nullopt;
      list.groups[list.size++] = load_u16(quad->data());
      list.groups[list.size++] = load_u16(quad->data() + 2);
      return list;
    }
    const auto value = take_number(text, 16, 0xFFFF);
    if (!value || list.size == kGroups) return std::nullopt;
    list.groups[list.size++] = *value;
  }
  return list;
}

std::optional<std::array<uint8_t, 16>> parse_ipv6(std::string_view text) {
  const size_t gap = text.find("::");
  const bool whole = gap == std::string_view::npos;
  const auto head = parse_groups(text.substr(0, gap), whole);
  const auto tail = whole ? GroupList{} : parse_groups(text.substr(gap + 2), true);
  if (!head || !tail) return std::nullopt;
  const size_t size = head->size + tail->size;
  // "::" stands for at least one group; without it all eight are there.
  if (whole ? size != kGroups : size >= kGroups) return std::nullopt;
  Groups groups = head->groups;
  std::copy_n(tail->groups.begin(), tail->size, groups.end() - static_cast<ptrdiff_t>(tail->size));
  std::array<uint8_t, 16> bytes{};
  for (size_t i = 0; i < kGroups; ++i) store_u16(&bytes[i * 2], groups[i]);
  return bytes;
}

// The longest run of at least two zero groups, the first of equals (RFC 5952 §4.2).
struct ZeroRun {
  size_t begin = kGroups;
  size_t length = 1;
};

ZeroRun longest_zero_run(const Groups& groups) {
  ZeroRun best;
  for (size_t begin = 0; begin < kGroups;) {
    size_t end = begin;
    while (end < kGroups && groups[end] == 0) ++end;
    if (end - begin > best.length) best = {begin, end - begin};
    begin = end + 1;
  }
  return best;
}

std::string format_ipv4(const uint8_t* bytes) {
  std::string text = number(bytes[0], 10);
  for (size_t i = 1; i < 4; ++i) text.append(".").append(number(bytes[i], 10));
  return text;
}

std::string format_ipv6(const uint8_t* bytes) {
  Groups groups{};
  for (size_t i = 0; i < kGroups; ++i) groups[i] = load_u16(bytes + i * 2);
  const ZeroRun zeros = longest_zero_run(groups);
  std::string text;
  for (size_t i = 0; i < kGroups;) {
    if (i == zeros.begin) {
      text += "::";
      i += zeros.length;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += number(groups[i++], 16);
  }
  return text;
}

// Finalizer of MurmurHash3 (public domain): every input bit reaches every output bit.
uint64_t mix(uint64_t value) {
  value = (value ^ value >> 33) * 0xFF51AFD7ED558CCD;
  value = (value ^ value >> 33) * 0xC4CEB9FE1A85EC53;
  return value ^ value >> 33;
}

uint64_t hash_address(const SocketAddress& address, uint64_t seed) {
  const auto kind =
      static_cast<uint64_t>(address.protocol) << 1 | static_cast<uint64_t>(address.family);
  uint64_t hash = mix(seed ^ (kind << 16 | address.port));
  hash = mix(hash ^ load_u64(address.bytes.data()));
  return mix(hash ^ load_u64(address.bytes.data() + 8));
}

}  // namespace

std::string SocketAddress::ip_string() const {
  return family == Family::kIpv4 ? format_ipv4(bytes.data()) : format_ipv6(bytes.data());
}

std::string SocketAddress::to_string() const {
  std::string text = ip_string();
  if (family == Family::kIpv6) text = std::string("[").append(text).append("]");
  return text.append(":").append(number(port, 10));
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view ip, uint16_t port,
                                                  Protocol protocol) {
  SocketAddress address{.protocol = protocol, .port = port};
  if (const auto quad = parse_ipv4(ip)) {
    std::copy(quad->begin(), quad->end(), address.bytes.begin());
    return address;
  }
  const auto groups = parse_ipv6(ip);
  if (!groups) return std::nullopt;
  address.family = Family::kIpv6;
  address.bytes = *groups;
  return address;
}

size_t FiveTupleHash::operator()(const FiveTuple& tuple) const {
  return hash_address(tuple.remote, hash_address(tuple.local, 0));
}

}  // namespace base

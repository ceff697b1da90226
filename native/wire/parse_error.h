// Why a packet was refused: one list of reasons for every parser, so that drops are counted by
// reason without a table per protocol.
#pragma once

#include <cstdint>
#include <string_view>

namespace wire {

enum class ParseError : uint8_t {
  kNone,
  kTruncated,     // ends before a field that must be there
  kBadVersion,    // version bits or magic cookie of another protocol
  kBadLength,     // a length field disagrees with the bytes
  kBadPadding,    // padding longer than what it pads
  kBadExtension,  // header extension block longer than the packet
  kBadType,       // message type, format or reserved symbol that cannot be
  kBadValue,      // a field outside its range
  kTooMany,       // more elements than the parser's bound
};

constexpr std::string_view name_of(ParseError error) {
  constexpr std::string_view kNames[] = {"none",       "truncated",   "bad_version",
                                         "bad_length", "bad_padding", "bad_extension",
                                         "bad_type",   "bad_value",   "too_many"};
  return kNames[static_cast<uint8_t>(error)];
}

}  // namespace wire

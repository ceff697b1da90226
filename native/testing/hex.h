// Bytes as they are printed in RFCs.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace testing {

// Pairs of hexadecimal digits; anything else between them is skipped.
std::vector<uint8_t> from_hex(std::string_view text);
std::string to_hex(std::span<const uint8_t> bytes);

}  // namespace testing

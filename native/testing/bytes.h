// Byte strings in tests: hexadecimal in and out.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Not "testing": that name is GoogleTest's.
namespace testing_support {

using Bytes = std::vector<uint8_t>;

// Spaces and line breaks are skipped. Aborts the test program on anything else that is not hex.
Bytes from_hex(std::string_view text);
std::string to_hex(std::span<const uint8_t> bytes);
// Unlike a string literal's own length this leaves out the terminating zero.
Bytes from_text(std::string_view text);

}  // namespace testing_support

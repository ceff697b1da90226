#include "testing/bytes.h"

#include <cstdlib>

namespace testing_support {

namespace {

int digit_of(char character) {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  std::abort();
}

}  // namespace

Bytes from_hex(std::string_view text) {
  Bytes bytes;
  int high = -1;
  for (const char character : text) {
    if (character == ' ' || character == '\n') continue;
    const int digit = digit_of(character);
    if (high < 0) {
      high = digit;
      continue;
    }
    bytes.push_back(static_cast<uint8_t>(high << 4 | digit));
    high = -1;
  }
  return bytes;
}

std::string to_hex(std::span<const uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Bytes from_text(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace testing_support

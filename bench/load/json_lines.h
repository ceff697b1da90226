// The programs of the benchmark are told what to do by lines of JSON on standard input, each with
// one answer on standard output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"
#include "crypto/srtp_profile.h"
#include "testing/json.h"

namespace load {

class JsonLines {
 public:
  JsonLines();

  // Waits up to `timeout_ns` for a line; nullopt when none came. Malformed JSON ends the program.
  std::optional<testing_support::Json> next(int64_t timeout_ns);
  bool is_closed() const { return is_closed_; }
  static void answer(const std::string& line);

 private:
  std::optional<testing_support::Json> take_line();

  std::string text_;
  bool is_closed_ = false;
};

// One object, written field by field.
class JsonObject {
 public:
  JsonObject& number(std::string_view name, double value);
  JsonObject& number(std::string_view name, uint64_t value);
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& raw(std::string_view name, std::string_view json);
  std::string finish() { return body_ + "}"; }

 private:
  void begin(std::string_view name);

  std::string body_ = "{";
};

// Of "address" and "port". Ends the program when they are none.
base::SocketAddress address_of(const testing_support::Json& json);
// "gcm" or "cm".
crypto::SrtpProfile profile_of(const std::string& name);
// Ends the program with a message on standard error.
[[noreturn]] void fail(std::string_view message);

}  // namespace load

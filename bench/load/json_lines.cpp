#include "load/json_lines.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace load {

JsonLines::JsonLines() { fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK); }

std::optional<testing_support::Json> JsonLines::next(int64_t timeout_ns) {
  if (auto line = take_line()) return line;
  pollfd state{STDIN_FILENO, POLLIN, 0};
  const int64_t wait_ns = std::max<int64_t>(timeout_ns, 0);
  const timespec timeout{wait_ns / 1'000'000'000, wait_ns % 1'000'000'000};
  if (ppoll(&state, 1, &timeout, nullptr) <= 0) return std::nullopt;
  std::array<char, 65536> chunk;
  const ssize_t size = read(STDIN_FILENO, chunk.data(), chunk.size());
  if (size == 0) is_closed_ = true;
  if (size > 0) text_.append(chunk.data(), static_cast<size_t>(size));
  return take_line();
}

std::optional<testing_support::Json> JsonLines::take_line() {
  const size_t end = text_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  const std::string line = text_.substr(0, end);
  text_.erase(0, end + 1);
  return testing_support::Json::parse(line);
}

void JsonLines::answer(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
  std::fflush(stdout);
}

void JsonObject::begin(std::string_view name) {
  if (body_.size() > 1) body_ += ',';
  body_ += '"';
  body_ += name;
  body_ += "\":";
}

JsonObject& JsonObject::number(std::string_view name, double value) {
  begin(name);
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "%.9g", value);
  body_ += text.data();
  return *this;
}

JsonObject& JsonObject::number(std::string_view name, uint64_t value) {
  begin(name);
  body_ += std::to_string(value);
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  begin(name);
  body_ += '"';
  body_ += value;
  body_ += '"';
  return *this;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  begin(name);
  body_ += json;
  return *this;
}

base::SocketAddress address_of(const testing_support::Json& json) {
  const auto address = base::SocketAddress::parse(json["address"].string(),
                                                  static_cast<uint16_t>(json["port"].integer()));
  if (!address) fail("not an address: " + json["address"].string());
  return *address;
}

crypto::SrtpProfile profile_of(const std::string& name) {
  if (name == "gcm") return crypto::SrtpProfile::kAeadAes128Gcm;
  if (name == "cm") return crypto::SrtpProfile::kAes128CmSha1_80;
  fail("no profile " + name);
}

void fail(std::string_view message) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(message.size()), message.data());
  std::exit(1);
}

}  // namespace load

#include "binding/engine_config.h"

#include <cmath>
#include <string>

#include "binding/errors.h"

namespace binding {

namespace {

constexpr uint32_t kMaxPort = 65535;
// Sockets of one shard: an address for each interface and family is plenty.
constexpr uint32_t kMaxAddresses = 64;

// An integer from `low` to `high`, or nullopt.
std::optional<uint64_t> read_integer(const Napi::Value& value, double low, double high) {
  if (!value.IsNumber()) return std::nullopt;
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= low && number <= high) || std::trunc(number) != number) return std::nullopt;
  return static_cast<uint64_t>(number);
}

// UDP unless it says otherwise; nullopt when it says something else.
std::optional<base::Protocol> read_protocol(const Napi::Value& value) {
  if (value.IsUndefined()) return base::Protocol::kUdp;
  const std::string name = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  if (name == "udp") return base::Protocol::kUdp;
  if (name == "tcp") return base::Protocol::kTcp;
  return std::nullopt;
}

std::optional<engine::ListenAddress> read_address(const Napi::Value& value, size_t shards) {
  if (!value.IsObject()) return std::nullopt;
  const auto object = value.As<Napi::Object>();
  const Napi::Value address = object.Get("address");
  const auto protocol = read_protocol(object.Get("protocol"));
  if (!protocol) return std::nullopt;
  // Shard n listens on UDP port + n, which must be a port as well.
  const double more = *protocol == base::Protocol::kUdp ? static_cast<double>(shards - 1) : 0;
  const double highest = kMaxPort - more;
  const auto port = read_integer(object.Get("port"), 0, highest);
  if (!address.IsString() || !port) return std::nullopt;
  const auto parsed = base::SocketAddress::parse(address.As<Napi::String>().Utf8Value(),
                                                 static_cast<uint16_t>(*port), *protocol);
  if (!parsed) return std::nullopt;
  return engine::ListenAddress{*parsed, object.Get("sameHost").ToBoolean()};
}

const char* read_listen(const Napi::Value& listen, engine::DriverConfig& config) {
  if (!listen.IsArray()) return "listen: an array";
  const auto entries = listen.As<Napi::Array>();
  if (entries.Length() == 0 || entries.Length() > kMaxAddresses) return "listen: 1 to 64 addresses";
  bool has_udp = false;
  for (uint32_t i = 0; i < entries.Length(); ++i) {
    const auto address = read_address(entries.Get(i), config.shards);
    if (!address) return "listen: each with a literal IP address and a port for every shard";
    has_udp |= address->address.protocol == base::Protocol::kUdp;
    config.listen.push_back(*address);
  }
  return has_udp ? nullptr : "listen: at least one address of UDP";
}

// False when it is there and no boolean.
bool read_switch(const Napi::Object& object, const char* name, bool& out) {
  const Napi::Value value = object.Get(name);
  if (value.IsUndefined()) return true;
  if (!value.IsBoolean()) return false;
  out = value.As<Napi::Boolean>().Value();
  return true;
}

bool read_tuning(const Napi::Value& value, engine::Tuning& out) {
  if (value.IsUndefined()) return true;
  if (!value.IsObject()) return false;
  const auto tuning = value.As<Napi::Object>();
  return read_switch(tuning, "gso", out.gso) && read_switch(tuning, "gro", out.gro) &&
         read_switch(tuning, "batchCipher", out.batch_cipher);
}

// The first thing that is wrong, or nullptr.
const char* read_fields(const Napi::Object& object, EngineConfig& config) {
  const auto shards = read_integer(object.Get("shards"), 1, engine::kMaxShards);
  if (!shards) return "shards: an integer from 1 to 32";
  config.driver.shards = *shards;

  const Napi::Value clock = object.Get("clock");
  const std::string name = clock.IsString() ? clock.As<Napi::String>().Utf8Value() : "";
  if (name != "real" && name != "virtual") return "clock: 'real' or 'virtual'";
  config.clock = name == "real" ? Clock::kReal : Clock::kVirtual;

  const Napi::Value seed = object.Get("seed");
  constexpr double kMaxSeed = 9007199254740991;  // Number.MAX_SAFE_INTEGER
  const auto number = seed.IsUndefined() ? 0 : read_integer(seed, 0, kMaxSeed);
  if (!number) return "seed: a safe integer of at least 0";
  config.driver.seed = *number;

  if (!read_tuning(object.Get("tuning"), config.driver.tuning)) {
    return "tuning: gso, gro and batchCipher, each true or false";
  }
  return read_listen(object.Get("listen"), config.driver);
}

}  // namespace

std::optional<EngineConfig> read_config(Napi::Env env, const Napi::Value& value) {
  EngineConfig config;
  const char* fault = "config: an object";
  if (value.IsObject()) fault = read_fields(value.As<Napi::Object>(), config);
  if (env.IsExceptionPending()) return std::nullopt;  // a getter of the object threw
  if (fault != nullptr) {
    throw_error(env, "bad_request", fault);
    return std::nullopt;
  }
  return config;
}

}  // namespace binding

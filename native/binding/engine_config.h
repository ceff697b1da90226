// Reads the EngineConfig of lib/engine/engine.ts.
#pragma once

#include <napi.h>

#include <optional>

#include "engine/driver.h"

namespace binding {

enum class Clock : uint8_t { kReal, kVirtual };

struct EngineConfig {
  engine::DriverConfig driver;
  Clock clock = Clock::kReal;
};

// nullopt with `bad_request` pending when `value` is no EngineConfig.
std::optional<EngineConfig> read_config(Napi::Env env, const Napi::Value& value);

}  // namespace binding

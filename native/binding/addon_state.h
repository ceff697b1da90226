// What the addon keeps per environment (main thread or worker): nothing is shared between them.
#pragma once

#include <napi.h>

#include <set>

namespace binding {

class EngineObject;

struct AddonState {
  Napi::FunctionReference engine_class;
  std::set<EngineObject*> open_engines;
};

}  // namespace binding

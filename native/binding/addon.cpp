// The module that JavaScript loads: createEngine(config) and contractVersion (docs/contract.md).
#include <napi.h>

#include <vector>

#include "binding/addon_state.h"
#include "binding/engine_object.h"
#include "engine/contract.gen.h"

namespace binding {

namespace {

Napi::Value create_engine(const Napi::CallbackInfo& info) {
  return info.Env().GetInstanceData<AddonState>()->engine_class.New({info[0]});
}

void stop_all(const Napi::CallbackInfo& info) {
  const std::set<EngineObject*> engines = info.Env().GetInstanceData<AddonState>()->open_engines;
  for (EngineObject* engine : engines) engine->stop();
}

// process.exit() runs the destructors of the process without ending its environment first: media
// threads would run on in libraries that are being torn down.
void stop_engines_at_exit(Napi::Env env) {
  const auto process = env.Global().Get("process").As<Napi::Object>();
  const auto on = process.Get("once").As<Napi::Function>();
  on.Call(process, {Napi::String::New(env, "exit"), Napi::Function::New<stop_all>(env)});
}

}  // namespace

static Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto* state = new AddonState;
  env.SetInstanceData<AddonState>(state);  // deleted with the environment
  state->engine_class = Napi::Persistent(EngineObject::define_class(env));
  stop_engines_at_exit(env);
  exports.Set("createEngine", Napi::Function::New<create_engine>(env, "createEngine"));
  exports.Set("contractVersion", Napi::Number::New(env, engine::kContractVersion));
  return exports;
}

}  // namespace binding

static Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  return binding::initialize(env, exports);
}
NODE_API_MODULE(plenum, initialize)

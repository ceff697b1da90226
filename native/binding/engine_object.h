// The JavaScript object behind lib/engine/engine.ts: one driver and the way of its events.
//
// Lifetimes (docs/contract.md). The driver lives from construction to the first of: close(), the
// object being garbage, the environment ending (worker exit, process exit). All of them lead to
// stop(), which joins the media threads before anything they use is gone. Operations:
//             addresses, fingerprint   submit, onEvents, readStats   close
//   open      yes                      yes                           yes
//   closed    yes                      throws engine_closed          does nothing
#pragma once

#include <napi.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/driver.h"

namespace binding {

class EngineObject final : public Napi::ObjectWrap<EngineObject> {
 public:
  static Napi::Function define_class(Napi::Env env);

  // new Engine(config). Throws `bad_request` or `listen_failed`.
  explicit EngineObject(const Napi::CallbackInfo& info);
  ~EngineObject() override { stop(); }

  void stop();

 private:
  static void call_js(Napi::Env env, Napi::Function unused, EngineObject* engine, void* data);
  using Wake = Napi::TypedThreadSafeFunction<EngineObject, void, &EngineObject::call_js>;

  void submit(const Napi::CallbackInfo& info);
  void on_events(const Napi::CallbackInfo& info);
  Napi::Value read_stats(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);

  void start_waking(Napi::Env env);
  void define_properties(Napi::Env env);
  void deliver(Napi::Env env);
  void count_done_batches();
  void keep_alive_while_busy(Napi::Env env);
  // False, with engine_closed pending, when closed.
  bool require_open(Napi::Env env) const;

  Napi::Env env_;
  std::unique_ptr<engine::Driver> driver_;
  size_t shards_ = 0;
  Wake wake_;
  std::vector<uint8_t> events_;
  uint64_t batches_in_flight_ = 0;
  bool has_listener_ = false;
  bool is_kept_alive_ = false;
};

}  // namespace binding

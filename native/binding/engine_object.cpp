#include "binding/engine_object.h"

#include <cmath>
#include <cstring>
#include <span>
#include <string>

#include "binding/addon_state.h"
#include "binding/engine_config.h"
#include "binding/errors.h"
#include "engine/contract.gen.h"
#include "io/threaded_engine.h"
#include "sim/virtual_engine.h"

namespace binding {

namespace {

// A property of the object, not a C++ reference: the garbage collector sees the cycle engine →
// listener → engine and can free it.
constexpr const char* kListener = "listener";

void stop_at_environment_end(void* engine) { static_cast<EngineObject*>(engine)->stop(); }

std::unique_ptr<engine::Driver> start_driver(const EngineConfig& config,
                                             const engine::WakeListener& wake, std::string& error) {
  if (config.clock == Clock::kReal) return io::ThreadedEngine::start(config.driver, wake, error);
  error = "no DTLS certificate could be made";
  return sim::VirtualEngine::start(config.driver, wake);
}

// `AB:CD:…` (RFC 8122 §5).
std::string format_fingerprint(const crypto::Fingerprint& fingerprint) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string text;
  for (const uint8_t byte : fingerprint) {
    if (!text.empty()) text += ':';
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Napi::Object to_object(Napi::Env env, const engine::BoundAddress& bound) {
  Napi::Object object = Napi::Object::New(env);
  const bool is_udp = bound.address.protocol == base::Protocol::kUdp;
  object.Set("shard", Napi::Number::New(env, bound.shard));
  object.Set("protocol", Napi::String::New(env, is_udp ? "udp" : "tcp"));
  object.Set("address", Napi::String::New(env, bound.address.ip_string()));
  object.Set("port", Napi::Number::New(env, bound.address.port));
  object.Freeze();
  return object;
}

// The elements of a typed array of type T, or false.
template <class T>
bool read_typed_array(const Napi::Value& value, napi_typedarray_type type, std::span<T>& out) {
  if (!value.IsTypedArray()) return false;
  if (value.As<Napi::TypedArray>().TypedArrayType() != type) return false;
  auto array = value.As<Napi::TypedArrayOf<T>>();
  out = {array.Data(), array.ElementLength()};
  return true;
}

}  // namespace

Napi::Function EngineObject::define_class(Napi::Env env) {
  return DefineClass(env, "Engine",
                     {InstanceMethod<&EngineObject::submit>("submit"),
                      InstanceMethod<&EngineObject::on_events>("onEvents"),
                      InstanceMethod<&EngineObject::read_stats>("readStats"),
                      InstanceMethod<&EngineObject::close>("close")});
}

EngineObject::EngineObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<EngineObject>(info), env_(info.Env()) {
  const std::optional<EngineConfig> config = read_config(env_, info[0]);
  if (!config) return;
  shards_ = config->driver.shards;
  start_waking(env_);
  std::string error;
  driver_ = start_driver(
      *config, [wake = wake_] { wake.NonBlockingCall(); }, error);
  if (driver_ == nullptr) {
    wake_.Abort();
    throw_error(env_, "listen_failed", error);
    return;
  }
  env_.GetInstanceData<AddonState>()->open_engines.insert(this);
  // After the thread-safe function: hooks run in reverse order, and threads must end before it.
  napi_add_env_cleanup_hook(env_, stop_at_environment_end, this);
  define_properties(env_);
}

void EngineObject::start_waking(Napi::Env env) {
  wake_ = Wake::New(env, "plenum", 0, 1, this);
  wake_.Unref(env);
}

void EngineObject::define_properties(Napi::Env env) {
  Napi::Array addresses = Napi::Array::New(env);
  for (const engine::BoundAddress& bound : driver_->addresses()) {
    addresses.Set(addresses.Length(), to_object(env, bound));
  }
  addresses.Freeze();
  const std::string fingerprint = format_fingerprint(driver_->fingerprint());
  Value().DefineProperties({
      Napi::PropertyDescriptor::Value("addresses", addresses, napi_enumerable),
      Napi::PropertyDescriptor::Value("fingerprint", Napi::String::New(env, fingerprint),
                                      napi_enumerable),
      Napi::PropertyDescriptor::Value(kListener, env.Undefined(), napi_writable),
  });
}

void EngineObject::stop() {
  if (driver_ == nullptr) return;
  driver_->close();
  driver_.reset();
  if (is_kept_alive_) Unref();
  wake_.Abort();  // what is still queued is delivered to nobody: call_js with no environment
  napi_remove_env_cleanup_hook(env_, stop_at_environment_end, this);
  env_.GetInstanceData<AddonState>()->open_engines.erase(this);
}

bool EngineObject::require_open(Napi::Env env) const {
  if (driver_ != nullptr) return true;
  throw_error(env, "engine_closed", "the media engine is closed");
  return false;
}

void EngineObject::submit(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!require_open(env)) return;
  const double shard = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
  std::span<uint8_t> batch;
  if (!(shard >= 0 && shard < static_cast<double>(shards_)) || std::trunc(shard) != shard) {
    return throw_error(env, "bad_request", "shard: below the number of shards");
  }
  if (!read_typed_array(info[1], napi_uint8_array, batch) || !engine::is_batch(batch)) {
    return throw_error(env, "bad_request", "batch: a Uint8Array that holds one batch of commands");
  }
  ++batches_in_flight_;
  driver_->submit(static_cast<size_t>(shard), batch);
  keep_alive_while_busy(env);
}

void EngineObject::on_events(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!require_open(env)) return;
  if (!info[0].IsFunction()) return throw_error(env, "bad_request", "listener: a function");
  Value().Set(kListener, info[0]);
  has_listener_ = true;
  keep_alive_while_busy(env);
  wake_.NonBlockingCall();  // for what has been waiting
}

Napi::Value EngineObject::read_stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!require_open(env)) return env.Undefined();
  std::span<double> buffer;
  if (!read_typed_array(info[0], napi_float64_array, buffer)) {
    throw_error(env, "bad_request", "buffer: a Float64Array");
    return env.Undefined();
  }
  return Napi::Number::New(env, static_cast<double>(driver_->read_stats(buffer)));
}

void EngineObject::close(const Napi::CallbackInfo&) { stop(); }

// The environment is null when the function is aborted with calls in its queue; `engine` may then
// be gone.
void EngineObject::call_js(Napi::Env env, Napi::Function, EngineObject* engine, void*) {
  if (static_cast<napi_env>(env) != nullptr) engine->deliver(env);
}

// Without a listener events wait in the driver.
void EngineObject::deliver(Napi::Env env) {
  if (driver_ == nullptr || !has_listener_) return;
  const Napi::Object self = Value();
  if (self.IsEmpty()) return;  // garbage, about to be destroyed
  events_.clear();
  driver_->take_events(events_);
  if (events_.empty()) return;
  count_done_batches();
  keep_alive_while_busy(env);

  auto bytes = Napi::Uint8Array::New(env, events_.size());
  const Napi::Value listener = self.Get(kListener);
  // The environment is ending, which may begin at any line: it runs no JavaScript any more. What it
  // did not give has no environment, and to call it would be fatal.
  if (bytes.IsEmpty() || !listener.IsFunction()) return;
  std::memcpy(bytes.Data(), events_.data(), events_.size());
  listener.As<Napi::Function>().Call(self, {bytes});
  // Node would only print what a listener throws; it is an uncaught exception like any other.
  if (env.IsExceptionPending()) {
    napi_fatal_exception(env, env.GetAndClearPendingException().Value());
  }
}

void EngineObject::count_done_batches() {
  engine::ContractReader in(events_);
  engine::Frame frame;
  while (engine::decode(in, frame)) {
    if (frame.type == static_cast<uint16_t>(engine::EventType::kBatchDone)) --batches_in_flight_;
  }
}

// An engine alone keeps no process alive and may become garbage; one that owes an answer to a
// listener does and may not.
void EngineObject::keep_alive_while_busy(Napi::Env env) {
  const bool is_busy = has_listener_ && batches_in_flight_ > 0;
  if (is_busy == is_kept_alive_) return;
  is_kept_alive_ = is_busy;
  if (is_busy) {
    wake_.Ref(env);
    Ref();
  } else {
    wake_.Unref(env);
    Unref();
  }
}

}  // namespace binding

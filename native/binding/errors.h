// Errors as JavaScript sees them: `error.code` is for programs, the message for people.
#pragma once

#include <napi.h>

#include <string>

namespace binding {

// Leaves an Error with `code` pending; the caller returns at once. C++ exceptions are off.
inline void throw_error(Napi::Env env, const char* code, const std::string& message) {
  const Napi::Error error = Napi::Error::New(env, message);
  error.Value().DefineProperty(Napi::PropertyDescriptor::Value(
      "code", Napi::String::New(env, code),
      static_cast<napi_property_attributes>(napi_writable | napi_configurable | napi_enumerable)));
  error.ThrowAsJavaScriptException();
}

}  // namespace binding

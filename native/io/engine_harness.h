// For tests: an engine with threads, and what it says.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/contract.gen.h"
#include "io/threaded_engine.h"

namespace io {

// An engine and what it says, as JavaScript's thread sees them.
class Harness {
 public:
  explicit Harness(const engine::DriverConfig& config) {
    engine_ = ThreadedEngine::start(
        config, [this] { wake(); }, error_);
  }

  ThreadedEngine& engine() { return *engine_; }
  bool has_started() const { return engine_ != nullptr; }
  const std::string& error() const { return error_; }

  // The next batch_done events, waiting for at least one; empty after 10 s.
  std::vector<uint32_t> await_batches() {
    std::vector<uint32_t> batches;
    while (batches.empty() && await_wake()) {
      std::vector<uint8_t> bytes;
      engine_->take_events(bytes);
      engine::ContractReader in(bytes);
      engine::Frame frame;
      engine::BatchDoneEvent done;
      while (engine::decode(in, frame)) {
        if (frame.type != static_cast<uint16_t>(engine::BatchDoneEvent::kType)) continue;
        EXPECT_TRUE(engine::decode_fields(frame.fields, done));
        batches.push_back(done.batch);
      }
    }
    return batches;
  }

  // Statistics after everything submitted so far.
  std::vector<engine::ShardStats> read_stats() {
    std::vector<double> document(10'000);
    const size_t length = engine_->read_stats(document);
    EXPECT_LE(length, document.size());
    std::vector<engine::ShardStats> rows(static_cast<size_t>(document[2]));
    std::memcpy(static_cast<void*>(rows.data()), &document[6],
                rows.size() * sizeof(engine::ShardStats));
    return rows;
  }

 private:
  void wake() {
    {
      const std::lock_guard lock(mutex_);
      is_awake_ = true;
    }
    woken_.notify_one();
  }

  bool await_wake() {
    std::unique_lock lock(mutex_);
    const bool woken =
        woken_.wait_for(lock, std::chrono::seconds(10), [this] { return is_awake_; });
    is_awake_ = false;
    return woken;
  }

  std::mutex mutex_;
  std::condition_variable woken_;
  bool is_awake_ = false;
  std::string error_;
  std::unique_ptr<ThreadedEngine> engine_;
};

}  // namespace io

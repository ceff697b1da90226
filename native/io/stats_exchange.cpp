#include "io/stats_exchange.h"

#include <chrono>
#include <utility>

namespace io {

void StatsExchange::offer(engine::StatsTables& tables, uint64_t batches, base::Instant now) {
  {
    const std::lock_guard lock(mutex_);
    std::swap(tables_, tables);
    batches_ = batches;
    taken_ = now;
  }
  offered_.notify_all();
}

bool StatsExchange::is_stale(uint64_t batches, base::Instant now) {
  const std::lock_guard lock(mutex_);
  return batches_ < batches || now - taken_ >= kFreshness;
}

void StatsExchange::read(engine::StatsTables& out, uint64_t batches, base::Instant since) {
  std::unique_lock lock(mutex_);
  offered_.wait_for(lock, std::chrono::microseconds(kPatience.us),
                    [&] { return batches_ >= batches && taken_ >= since; });
  out = tables_;
}

}  // namespace io

#include "io/shard_thread.h"

#include <pthread.h>

#include <csignal>
#include <string>

namespace io {

namespace {

// New threads inherit the signal mask of the one that starts them.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

engine::ShardConfig config_of(uint16_t shard) {
  engine::ShardConfig config;
  config.shard = shard;
  config.unix_offset_us = unix_offset_us();
  return config;
}

}  // namespace

ShardThread::ShardThread(uint16_t shard, std::shared_ptr<const crypto::Certificate> certificate,
                         std::vector<UdpSocket> sockets, bool use_batch_cipher,
                         engine::WakeListener wake)
    : cipher_(use_batch_cipher ? crypto::make_srtp_cipher() : crypto::make_openssl_srtp_cipher()),
      sockets_(std::move(sockets)),
      shard_(config_of(shard), {random_, std::move(certificate), *cipher_}),
      outbox_(std::move(wake)),
      loop_(shard_, sockets_, {inbox_, outbox_, stats_, bell_}),
      name_("plenum-shard-" + std::to_string(shard)) {}

void ShardThread::start() {
  const AllSignalsBlocked blocked;
  thread_ = std::thread([this] { loop_.run(); });
  pthread_setname_np(thread_.native_handle(), name_.c_str());
}

void ShardThread::submit(std::span<const uint8_t> batch) {
  ++batches_posted_;
  inbox_.post_batch(batch);
}

void ShardThread::read_stats(engine::StatsTables& out) {
  const base::Instant now = monotonic_now();
  if (!stats_.is_stale(batches_posted_, now)) {
    stats_.read(out, 0, {});
    return;
  }
  inbox_.post_stats_request();
  stats_.read(out, batches_posted_, now);
}

void ShardThread::stop() {
  if (!thread_.joinable()) return;
  inbox_.post_stop();
  thread_.join();
}

}  // namespace io

#include "io/threaded_engine.h"

#include <cstring>

#include "engine/stats_document.h"

namespace io {

namespace {

// The sockets of one shard; empty when one cannot be bound.
std::vector<UdpSocket> bind_sockets(const engine::DriverConfig& config, size_t shard,
                                    std::string& error) {
  std::vector<UdpSocket> sockets;
  for (const engine::ListenAddress& listen : config.listen) {
    if (listen.address.protocol != base::Protocol::kUdp) continue;
    base::SocketAddress address = listen.address;
    if (address.port != 0) address.port = static_cast<uint16_t>(address.port + shard);
    int number = 0;
    std::optional<UdpSocket> socket = UdpSocket::bind_to(address, number, listen.same_host);
    if (!socket) {
      error = address.to_string() + ": " + std::strerror(number);
      return {};
    }
    socket->use_runs(config.tuning.gso, config.tuning.gro);
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

// One socket for all shards at each TCP address; false when one cannot be bound.
bool bind_listeners(const engine::DriverConfig& config, std::vector<TcpListener>& listeners,
                    std::string& error) {
  for (const engine::ListenAddress& listen : config.listen) {
    if (listen.address.protocol != base::Protocol::kTcp) continue;
    int number = 0;
    std::optional<TcpListener> one = TcpListener::bind_to(listen.address, number, listen.same_host);
    if (!one) {
      error = "tcp " + listen.address.to_string() + ": " + std::strerror(number);
      return false;
    }
    listeners.push_back(std::move(*one));
  }
  return true;
}

}  // namespace

std::unique_ptr<ThreadedEngine> ThreadedEngine::start(const engine::DriverConfig& config,
                                                      const engine::WakeListener& wake,
                                                      std::string& error) {
  std::shared_ptr<const crypto::Certificate> certificate = crypto::Certificate::generate();
  if (certificate == nullptr) {
    error = "no DTLS certificate could be made";
    return nullptr;
  }
  std::vector<std::vector<UdpSocket>> sockets;
  for (size_t shard = 0; shard < config.shards; ++shard) {
    sockets.push_back(bind_sockets(config, shard, error));
    if (sockets.back().empty()) return nullptr;
  }

  std::vector<TcpListener> listeners;
  if (!bind_listeners(config, listeners, error)) return nullptr;

  std::unique_ptr<ThreadedEngine> engine(new ThreadedEngine(certificate, config.shards));
  for (size_t shard = 0; shard < config.shards; ++shard) {
    const auto number = static_cast<uint16_t>(shard);
    for (const UdpSocket& socket : sockets[shard]) {
      engine->addresses_.push_back({number, socket.local()});
    }
    for (const TcpListener& listener : listeners) {
      engine->addresses_.push_back({number, listener.local()});
    }
    engine->shards_.push_back(std::make_unique<ShardThread>(
        number, certificate, std::move(sockets[shard]), config.tuning.batch_cipher, wake));
  }
  engine->run(std::move(listeners));
  return engine;
}

// The first shard takes connections for all; it is also the first to stop (close), so that nothing
// is handed to a thread that is gone.
void ThreadedEngine::run(std::vector<TcpListener> listeners) {
  std::vector<CommandInbox*> inboxes;
  std::vector<RelayBell*> bells;
  for (const auto& shard : shards_) {
    inboxes.push_back(&shard->inbox());
    bells.push_back(&shard->bell());
  }
  for (size_t i = 0; i < shards_.size(); ++i) shards_[i]->relay_over(mesh_.ports(i), bells);
  shards_.front()->accept_for(std::move(listeners), std::move(inboxes));
  for (const auto& shard : shards_) shard->start();
}

void ThreadedEngine::submit(size_t shard, std::span<const uint8_t> batch) {
  shards_[shard]->submit(batch);
}

void ThreadedEngine::take_events(std::vector<uint8_t>& out) {
  for (const auto& shard : shards_) shard->take_events(out);
}

size_t ThreadedEngine::read_stats(std::span<double> out) {
  tables_.resize(shards_.size());
  for (size_t i = 0; i < shards_.size(); ++i) shards_[i]->read_stats(tables_[i]);
  return engine::write_stats_document(tables_, out);
}

void ThreadedEngine::close() {
  for (const auto& shard : shards_) shard->stop();
}

}  // namespace io

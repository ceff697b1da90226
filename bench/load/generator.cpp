#include "load/generator.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "load/fixed_keys.h"
#include "load/key_frame_requests.h"
#include "wire/demux.h"

namespace load {

namespace {

// All sockets are read once in so much time: the larger of both.
constexpr int64_t kDrainEveryNs = 1'000'000;
constexpr int64_t kDrainPerSocketNs = 5'000;
constexpr int64_t kRetryNs = 500'000'000;
// RFC 7675 §5.1: consent is asked for every 5 s.
constexpr int64_t kConsentNs = 5'000'000'000;
// Frames that are later than this are left out: the run is void then anyway.
constexpr int64_t kLatestNs = 100'000'000;

bool later(const Source* a, const Source* b) { return a->due_ns() > b->due_ns(); }

std::string ice_text(size_t peer, char fill) {
  std::string text = "load" + std::to_string(peer);
  return text + std::string(text.size() < 24 ? 24 - text.size() : 0, fill);
}

}  // namespace

Generator::Generator()
    : cipher_(crypto::make_srtp_cipher()),
      report_(std::make_unique<Report>()),
      marked_ns_(monotonic_ns()),
      marked_cpu_ns_(thread_cpu_ns()) {}

std::optional<size_t> Generator::add_peer(const PeerOptions& options) {
  int error = 0;
  auto socket = io::UdpSocket::bind_to(options.bind, error);
  if (!socket) return std::nullopt;
  const size_t index = peers_.size();
  if (options.gro) enable_gro(socket->fd());
  if (options.is_observed || options.transport_cc_id != 0) enable_stamps(socket->fd());
  const auto key = [&](KeyUse use) { return fixed_key(options.profile, use, index); };
  Association association =
      options.is_plain
          ? Association(*cipher_,
                        {.inbound = key(KeyUse::kPlainDown), .outbound = key(KeyUse::kPlainUp)})
          : Association(*cipher_, options.profile, {ice_text(index, 'u'), ice_text(index, 'p')});
  auto peer = std::make_unique<Peer>(
      std::move(*socket), std::move(association),
      Sink(*cipher_, key(KeyUse::kFromIdeal), options.is_observed, options.transport_cc_id),
      *cipher_, fixed_key(options.profile, KeyUse::kToIdeal, 0));
  peer->is_subscriber = options.is_subscriber;
  peers_.push_back(std::move(peer));
  return index;
}

void Generator::connect(size_t index, const base::SocketAddress& server,
                        IceCredentials credentials) {
  Peer& peer = *peers_[index];
  peer.server = io::KernelAddress(server);
  peer.next_check_ns = monotonic_ns() + kRetryNs;
  crypto::Datagrams out;
  peer.association.start(std::move(credentials), server, out);
  send(peer, out);
}

size_t Generator::connecting() const {
  return static_cast<size_t>(std::ranges::count_if(peers_, [](const auto& peer) {
    return peer->next_check_ns != 0 && !peer->association.is_connected();
  }));
}

void Generator::start(Target target, const base::SocketAddress& ideal,
                      const std::vector<SourceOptions>& sources) {
  stop();
  target_ = target;
  ideal_ = io::KernelAddress(ideal);
  const int64_t now_ns = monotonic_ns();
  int64_t ordinal = 0;
  for (const SourceOptions& options : sources) {
    auto& source = sources_[{target, options.peer, options.ssrc}];
    if (source == nullptr) source = std::make_unique<Source>(options);
    source->change(options);
    // Publishers do not keep step with each other.
    const auto spread = static_cast<int64_t>(1e9 / options.frames_per_s) * ordinal++ /
                        static_cast<int64_t>(sources.size());
    source->begin(now_ns + spread);
    running_.push_back(source.get());
  }
  std::ranges::make_heap(running_, later);
  next_due_ns_ = now_ns;
}

Report Generator::mark() {
  for (auto& peer : peers_) peer->sink.mark(report_->received);
  const int64_t now_ns = monotonic_ns();
  const int64_t cpu_ns = thread_cpu_ns();
  report_->seconds = static_cast<double>(now_ns - marked_ns_) / 1e9;
  report_->busy =
      static_cast<double>(cpu_ns - marked_cpu_ns_) / static_cast<double>(now_ns - marked_ns_);
  double rate = 0;
  for (const Source* source : running_) {
    const SourceOptions& options = source->options();
    rate += options.frames_per_s * static_cast<double>(options.frame_packets);
  }
  report_->asked = static_cast<uint64_t>(rate * report_->seconds);
  marked_ns_ = now_ns;
  marked_cpu_ns_ = cpu_ns;
  const Report done = *report_;
  *report_ = Report{};
  return done;
}

int64_t Generator::drain_interval_ns() const {
  return std::max(kDrainEveryNs, kDrainPerSocketNs * static_cast<int64_t>(peers_.size()));
}

int64_t Generator::step() {
  const int64_t now_ns = monotonic_ns();
  send_due(now_ns);
  if (now_ns >= next_drain_ns_) {
    for (auto& peer : peers_) {
      drain(*peer);
      send_feedback(*peer);
      const int64_t later_ns = monotonic_ns();
      if (later_ns >= next_due_ns_) send_due(later_ns);
      keep_alive(*peer, later_ns);
    }
    next_drain_ns_ = std::max(next_drain_ns_ + drain_interval_ns(), monotonic_ns());
  }
  return running_.empty() ? next_drain_ns_ : std::min(next_due_ns_, next_drain_ns_);
}

void Generator::send_due(int64_t now_ns) {
  while (!running_.empty() && running_.front()->due_ns() <= now_ns) {
    std::ranges::pop_heap(running_, later);
    running_.back()->skip_to(now_ns, kLatestNs);
    send_frame(*running_.back(), now_ns);
    std::ranges::push_heap(running_, later);
  }
  if (!running_.empty()) next_due_ns_ = running_.front()->due_ns();
}

void Generator::send_frame(Source& source, int64_t now_ns) {
  Peer& peer = *peers_[source.options().peer];
  const bool to_ideal = target_ == Target::kIdeal;
  report_->lateness_ns.add(now_ns - source.due_ns());
  source.make_frame(*cipher_, to_ideal ? peer.ideal : peer.association.outbound(),
                    peer.transport_sequence, frame_);
  const std::span<const uint8_t> train(frame_.bytes.data(), frame_.size);
  sender_.add(train, frame_.segment, to_ideal ? ideal_ : peer.server);
  if (sender_.flush(peer.socket.fd()) != 0) {
    ++report_->refused;
  } else {
    report_->sent += frame_.size / std::max<size_t>(frame_.segment, 1);
  }
}

void Generator::drain(Peer& peer) {
  // A bound on turns: one flooded socket must not keep the others waiting.
  for (int turn = 0; turn < 8; ++turn) {
    const size_t count = receiver_.receive(peer.socket.fd(), 0,
                                           [&](const Arrival& arrival) { handle(peer, arrival); });
    const uint32_t drops = receiver_.kernel_drops();
    if (drops > peer.kernel_drops) {
      report_->sink_drops += drops - peer.kernel_drops;
      peer.kernel_drops = drops;
    }
    if (count < Receiver::kSize) return;
  }
}

void Generator::handle(Peer& peer, const Arrival& arrival) {
  const wire::PacketKind kind = wire::classify(arrival.datagram);
  if (kind == wire::PacketKind::kRtp || kind == wire::PacketKind::kRtcp) {
    if (peer.is_subscriber) {
      peer.sink.handle_media(arrival, peer.association, report_->received);
    } else if (kind == wire::PacketKind::kRtcp) {
      handle_publisher_rtcp(peer, arrival.datagram);
    }
    return;
  }
  crypto::Datagrams out;
  peer.association.handle_datagram(arrival.datagram, out);
  send(peer, out);
}

void Generator::handle_publisher_rtcp(Peer& peer, std::span<uint8_t> datagram) {
  if (!peer.association.is_connected()) return;
  const srtp::Unprotected plain = peer.association.inbound().unprotect_rtcp(datagram);
  if (plain.result != srtp::Result::kOk) return;
  read_key_frame_requests(plain.packet, [this](uint32_t ssrc) { want_key_frame(ssrc); });
}

void Generator::want_key_frame(uint32_t ssrc) {
  for (Source* source : running_) {
    if (source->options().ssrc == ssrc) source->want_key_frame();
  }
}

void Generator::keep_alive(Peer& peer, int64_t now_ns) {
  if (peer.next_check_ns == 0 || now_ns < peer.next_check_ns) return;
  crypto::Datagrams out;
  if (peer.association.is_connected()) {
    peer.association.check(out);
    peer.next_check_ns = now_ns + kConsentNs;
  } else {
    peer.association.retransmit(out);
    peer.next_check_ns = now_ns + kRetryNs;
  }
  send(peer, out);
}

void Generator::send_feedback(Peer& peer) {
  if (!peer.association.is_connected()) return;
  std::array<uint8_t, 1200> message;
  std::array<uint8_t, 1200 + crypto::kMaxSrtcpOverhead> packet;
  const base::Instant now{realtime_ns() / 1000};
  while (const size_t size = peer.sink.write_feedback(now, message)) {
    crypto::ProtectJob job;
    if (!peer.association.outbound().prepare_rtcp(std::span(message).first(size), packet.data(),
                                                  job)) {
      return;
    }
    cipher_->protect({&job, 1});
    sender_.add(std::span(packet).first(job.output_size()), 0, peer.server);
    sender_.flush(peer.socket.fd());
    ++report_->received.feedback;
  }
}

void Generator::send(const Peer& peer, const crypto::Datagrams& datagrams) {
  for (size_t i = 0; i < datagrams.size(); ++i) {
    sender_.add(datagrams[i], 0, peer.server);
    if (sender_.is_full()) sender_.flush(peer.socket.fd());
  }
  sender_.flush(peer.socket.fd());
}

}  // namespace load

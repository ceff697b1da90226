#include "ideal/forwarder.h"

#include <fcntl.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "load/fixed_keys.h"
#include "srtp/packet_layout.h"

namespace ideal {

namespace {

void make_waiting(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  const timeval patience{0, 50'000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

std::unique_ptr<crypto::SrtpCipher> make_cipher(bool openssl) {
  return openssl ? crypto::make_openssl_srtp_cipher() : crypto::make_srtp_cipher();
}

}  // namespace

Forwarder::Forwarder(const Options& options, io::UdpSocket socket)
    : options_(options),
      socket_(std::move(socket)),
      cipher_(make_cipher(options.openssl)),
      inbound_(*cipher_, load::fixed_key(options.profile, load::KeyUse::kToIdeal, 0)),
      slab_(kMaxBatch * kSlot) {
  make_waiting(socket_.fd());
  load::enable_gro(socket_.fd());
  jobs_.reserve(kMaxBatch);
}

void Forwarder::add_room(const std::vector<uint32_t>& sources,
                         const std::vector<Receiver>& receivers) {
  auto room = std::make_unique<Room>();
  for (const Receiver& receiver : receivers) {
    const auto key =
        load::fixed_key(options_.profile, load::KeyUse::kFromIdeal, receiver.key_index);
    room->sinks.emplace_back(*cipher_, key, receiver.address);
  }
  uint32_t ordinal = 0;
  for (const uint32_t ssrc : sources) {
    sources_[ssrc] = {room.get(), load::kIdealSsrc + ordinal++};
  }
  rooms_.push_back(std::move(room));
}

void Forwarder::step() {
  receiver_.receive(socket_.fd(), MSG_WAITFORONE,
                    [this](const load::Arrival& arrival) { take(arrival); });
  forward_run();
  counts_.calls = sender_.calls();
}

void Forwarder::take(const load::Arrival& arrival) {
  const srtp::Unprotected plain = inbound_.unprotect_rtp(arrival.datagram);
  if (plain.result != srtp::Result::kOk) return;
  ++counts_.packets_in;
  const auto source = sources_.find(base::load_u32(&plain.packet[8]));
  if (source == sources_.end()) return;
  const size_t header = srtp::rtp_header_size(plain.packet);
  const Packet packet{plain.packet.first(header), plain.packet.subspan(header), plain.index};
  const bool goes_on = run_size_ > 0 && run_size_ < kMaxRun &&
                       run_source_->room == source->second.room &&
                       run_source_->ssrc_out == source->second.ssrc_out &&
                       run_[0].header.size() + run_[0].payload.size() == plain.packet.size();
  if (!goes_on) forward_run();
  run_source_ = &source->second;
  run_[run_size_++] = packet;
}

void Forwarder::forward_run() {
  if (run_size_ == 0) return;
  const std::vector<Sink>& sinks = run_source_->room->sinks;
  const size_t step = kMaxBatch / run_size_;
  for (size_t at = 0; at < sinks.size(); at += step) {
    forward_to(std::span(sinks).subspan(at, std::min(step, sinks.size() - at)));
  }
  run_size_ = 0;
}

void Forwarder::forward_to(std::span<const Sink> sinks) {
  jobs_.clear();
  const size_t segment =
      run_[0].header.size() + run_[0].payload.size() + crypto::srtp_tag_size(options_.profile);
  uint8_t* output = slab_.data();
  for (const Sink& sink : sinks) {
    for (const Packet& packet : std::span(run_).first(run_size_)) {
      prepare(sink, packet, headers_[jobs_.size()].data(), output);
      output += segment;
    }
  }
  cipher_->protect(jobs_);
  send(sinks, segment);
}

void Forwarder::prepare(const Sink& sink, const Packet& packet, uint8_t* header, uint8_t* output) {
  std::copy(packet.header.begin(), packet.header.end(), header);
  base::store_u32(header + 8, run_source_->ssrc_out);
  crypto::ProtectJob& job = jobs_.emplace_back();
  job.key = &sink.protection.key();
  job.iv = sink.protection.iv(run_source_->ssrc_out, packet.index);
  job.trailer = static_cast<uint32_t>(packet.index >> 16);
  job.header = {header, packet.header.size()};
  job.payload = packet.payload;
  job.output = output;
}

void Forwarder::send(std::span<const Sink> sinks, size_t segment) {
  const uint8_t* at = slab_.data();
  const size_t per_message = options_.gso ? run_size_ : 1;
  size_t messages = 0;
  size_t refused = 0;
  for (const Sink& sink : sinks) {
    for (size_t sent = 0; sent < run_size_; sent += per_message) {
      if (sender_.is_full()) refused += sender_.flush(socket_.fd());
      sender_.add({at, per_message * segment}, segment, sink.address);
      at += per_message * segment;
      ++messages;
    }
  }
  refused += sender_.flush(socket_.fd());
  counts_.messages += messages;
  counts_.refused += refused;
  counts_.packets_out += (messages - refused) * per_message;
}

}  // namespace ideal

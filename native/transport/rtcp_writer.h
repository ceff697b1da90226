// Gathers RTCP packets into datagrams of at most one MTU and sends them (compound, RFC 3550 §6.1,
// or reduced size, RFC 5506). Lives for one step of a transport.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "transport/association.h"
#include "transport/output.h"

namespace transport {

class RtcpWriter {
 public:
  // Plain bytes of one datagram: with SRTCP, UDP and IP below 1280 (RFC 8200 §5).
  static constexpr size_t kMaxCompound = 1180;

  RtcpWriter(Association& association, Output& out) : association_(association), out_(out) {}
  ~RtcpWriter() { send(); }
  RtcpWriter(const RtcpWriter&) = delete;
  RtcpWriter& operator=(const RtcpWriter&) = delete;

  // `write` puts one packet into the span it is given and returns its size, 0 when it does not fit
  // or there is nothing to say. True when a packet was added.
  template <typename Write>
  bool add(Write&& write) {
    size_t size = write(space());
    if (size == 0 && used_ > 0 && space().size() < kMaxCompound / 2) {
      send();
      size = write(space());
    }
    used_ += size;
    has_added_ |= size > 0;
    return size > 0;
  }

  // Whether anything was.
  bool has_added() const { return has_added_; }
  // Sends what was gathered; the destructor does too.
  void send() {
    if (used_ > 0) association_.send_rtcp({compound_.data(), used_}, out_);
    used_ = 0;
  }

 private:
  std::span<uint8_t> space() { return std::span(compound_).subspan(used_); }

  Association& association_;
  Output& out_;
  size_t used_ = 0;
  bool has_added_ = false;
  std::array<uint8_t, kMaxCompound> compound_;
};

}  // namespace transport

// parse_stun: what it accepts is within the datagram, and a rewritten message reads back equal.
#include <array>

#include "fuzz/expect.h"
#include "wire/stun.h"

namespace {

std::array<uint8_t, 20> no_hmac(std::span<const uint8_t>, std::span<const uint8_t> message) {
  std::array<uint8_t, 20> out{};
  for (size_t i = 0; i < message.size(); ++i) out[i % out.size()] ^= message[i];
  return out;
}

void expect_answer_reads_back(const wire::StunMessage& request) {
  const auto mapped = *base::SocketAddress::parse("2001:db8::1", 40000);
  std::array<uint8_t, 128> out{};
  const size_t size = wire::write_binding_success(request, mapped, {}, no_hmac, out);
  wire::StunMessage answer;
  const auto answer_bytes = std::span<const uint8_t>(out).first(size);
  fuzz::expect(wire::parse_stun(answer_bytes, answer) == wire::ParseError::kNone);
  fuzz::expect(answer.xor_mapped_address == mapped && answer.fingerprint_valid);
  fuzz::expect(answer.transaction_id == request.transaction_id);
  fuzz::expect(answer.verify_integrity({}, no_hmac));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> datagram(data, size);
  wire::StunMessage message;
  if (wire::parse_stun(datagram, message) != wire::ParseError::kNone) return 0;
  const auto* username = reinterpret_cast<const uint8_t*>(message.username.data());
  fuzz::expect(fuzz::is_within({username, message.username.size()}, datagram));
  fuzz::expect(message.integrity_offset + size_t{24} <= size || !message.has_integrity());
  message.verify_integrity(datagram.first(0), no_hmac);
  expect_answer_reads_back(message);
  return 0;
}

#include "wire/plain_token.h"

#include "base/byte_reader.h"

namespace wire {

std::optional<PlainToken> parse_plain_token(std::span<const uint8_t> datagram) {
  if (datagram.size() != kPlainTokenSize) return std::nullopt;
  if (datagram[0] != 'P' || datagram[1] != 'L' || datagram[2] != 'N') return std::nullopt;
  if (datagram[3] != 1 && datagram[3] != 2) return std::nullopt;
  return PlainToken{.component = static_cast<PlainComponent>(datagram[3]),
                    .id = base::load_u64(&datagram[4]),
                    .secret = datagram.subspan(kPlainAnswerSize)};
}

}  // namespace wire

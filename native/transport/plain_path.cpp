#include "transport/plain_path.h"

#include "crypto/hmac.h"

namespace transport {

TokenVerdict PlainPath::handle_token(const wire::PlainToken& token, const base::FiveTuple& path) {
  if (!config_.secret || wrong_secrets_ >= kMaxTokenAttempts) return TokenVerdict::kRefused;
  if (!crypto::equal_constant_time(*config_.secret, token.secret)) {
    ++wrong_secrets_;
    return TokenVerdict::kRefused;
  }
  auto& place = token.component == wire::PlainComponent::kRtp ? config_.rtp : config_.rtcp;
  if (place) return *place == path ? TokenVerdict::kRepeated : TokenVerdict::kRefused;
  place = path;
  return TokenVerdict::kLearned;
}

}  // namespace transport

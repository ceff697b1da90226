// The contract's codecs in the words of the rooms below.
#pragma once

#include <optional>
#include <vector>

#include "engine/contract.gen.h"
#include "forward/forwarder.h"
#include "transport/format.h"

namespace engine {

// Payload types of one track. More is a mistake of the negotiation.
inline constexpr size_t kMaxCodecs = 32;

// nullopt when there are none or too many, a payload type is above 127, or a clock rate is 0.
std::optional<std::vector<transport::Codec>> read_codecs(const List<Codec>& codecs);

std::vector<forward::OutboundCodec> outbound_codecs(const std::vector<transport::Codec>& codecs);

}  // namespace engine

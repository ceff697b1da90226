#include "engine/driver.h"

#include "engine/contract_bytes.h"

namespace engine {

bool is_batch(std::span<const uint8_t> bytes) {
  ContractReader in(bytes);
  BatchHead head;
  if (!decode(in, head)) return false;
  Frame frame;
  for (uint16_t i = 0; i < head.count; ++i) {
    if (!decode(in, frame)) return false;
  }
  return in.empty();
}

}  // namespace engine

#include "engine/upstream.h"

#include "engine/transport_step.h"

namespace engine {

namespace {

transport::EncodingId encoding_of(const Publication& publication, uint8_t encoding) {
  return {publication.handle.index, encoding};
}

void set_bit(uint8_t& bits, uint8_t index, bool value) {
  const auto bit = static_cast<uint8_t>(1u << index);
  bits = static_cast<uint8_t>(value ? bits | bit : bits & ~bit);
}

}  // namespace

void ask_key_frame(Step& step, Publication& publication, uint8_t encoding) {
  if (publication.muted) return;
  if (publication.origin) {
    set_bit(publication.origin->demand.key_frames, encoding, true);
    return;
  }
  publication.transport->core.receiver().request_key_frame(encoding_of(publication, encoding),
                                                           step.now);
  reschedule(step, *publication.transport);
}

void cancel_key_frame(Publication& publication, uint8_t encoding) {
  if (publication.origin) {
    set_bit(publication.origin->demand.key_frames, encoding, false);
  } else {
    publication.transport->core.receiver().cancel_key_frame(encoding_of(publication, encoding));
  }
}

std::optional<bool> is_key_frame_asked(const Publication& publication, uint8_t encoding) {
  if (publication.origin) return (publication.origin->demand.key_frames >> encoding & 1) != 0;
  const transport::ReceivedEncoding* received =
      publication.transport->core.receiver().find(encoding_of(publication, encoding));
  if (received == nullptr) return std::nullopt;
  return received->key_frame_wanted();
}

// The origin takes the packet that begins one for its answer, and we do (relays.h).
void note_key_frame(Publication& publication, uint8_t encoding, int64_t sequence) {
  if (publication.origin) {
    set_bit(publication.origin->demand.key_frames, encoding, false);
    if (publication.origin->told) set_bit(publication.origin->told->key_frames, encoding, false);
  } else {
    publication.transport->core.receiver().handle_key_frame(encoding_of(publication, encoding),
                                                            sequence);
  }
}

void set_useful(Publication& publication, uint8_t encodings) {
  if (publication.origin) publication.origin->demand.useful = encodings;
}

void set_received(Publication& publication, uint8_t encoding, bool received) {
  if (publication.origin) {
    set_bit(publication.origin->demand.received, encoding, received);
  } else {
    publication.transport->core.receiver().set_wanted(encoding_of(publication, encoding), received);
  }
}

uint8_t usable_encodings(const Publication& publication) {
  if (publication.kind != wire::MediaKind::kVideo) return 1;
  if (publication.usable_there) return *publication.usable_there;
  return publication.origin ? publication.origin->usable : publication.health.usable();
}

}  // namespace engine

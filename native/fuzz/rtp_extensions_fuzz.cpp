// ExtensionReader on any profile and contents: the first two bytes of the input are the profile.
#include "base/byte_reader.h"
#include "fuzz/expect.h"
#include "wire/rtp_extensions.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::span<const uint8_t> contents(data + 2, size - 2);
  wire::ExtensionReader reader(base::load_u16(data), contents);
  size_t covered = 0;
  for (wire::ExtensionElement element; reader.next(element);) {
    fuzz::expect(element.id != 0 && fuzz::is_within(element.value, contents));
    covered += 1 + element.value.size();
    wire::read_audio_level(element.value);
    wire::read_transport_sequence(element.value);
  }
  fuzz::expect(covered <= contents.size());
  return 0;
}

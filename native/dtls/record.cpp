#include "dtls/record.h"

#include "base/byte_reader.h"

namespace dtls {
namespace {

constexpr uint8_t kVersionMajor = 0xfe;  // DTLS 1.0 is fe ff, 1.2 is fe fd
constexpr size_t kHandshakeHeader = 12;  // RFC 6347 §4.2.2
constexpr uint8_t kClientHello = 1;

}  // namespace

bool is_well_formed(std::span<const uint8_t> datagram) {
  if (datagram.empty()) return false;
  base::ByteReader reader(datagram);
  while (reader.remaining() != 0) {
    const uint8_t type = reader.u8();
    const uint8_t major = reader.u8();
    reader.skip(9);  // minor version, epoch, sequence number
    reader.skip(reader.u16());
    const bool known = type >= static_cast<uint8_t>(ContentType::kChangeCipherSpec) &&
                       type <= static_cast<uint8_t>(ContentType::kApplicationData);
    if (!reader.ok() || !known || major != kVersionMajor) return false;
  }
  return reader.ok();
}

bool begins_with_client_hello(std::span<const uint8_t> datagram) {
  return datagram.size() >= kRecordHeader + kHandshakeHeader &&
         datagram[0] == static_cast<uint8_t>(ContentType::kHandshake) &&
         base::load_u16(&datagram[3]) == 0 && datagram[kRecordHeader] == kClientHello;
}

}  // namespace dtls

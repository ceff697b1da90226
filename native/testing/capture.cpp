#include "testing/capture.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/byte_reader.h"

namespace testing_support {

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

Bytes read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

uint32_t little_endian(uint32_t value) { return __builtin_bswap32(value); }

Bytes copy_of(std::span<const uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

// Ethernet II (14 bytes), IPv4 with options, UDP (8 bytes).
std::span<const uint8_t> udp_payload(std::span<const uint8_t> frame) {
  constexpr size_t kEthernetSize = 14;
  constexpr uint16_t kEtherTypeIpv4 = 0x0800;
  base::ByteReader reader(frame);
  reader.skip(kEthernetSize - 2);
  require(reader.u16() == kEtherTypeIpv4);
  const size_t ip_header_size = size_t{4} * (reader.u8() & 0x0F);
  reader.skip(ip_header_size - 1 + 4);
  const uint16_t udp_length = reader.u16();
  reader.skip(2);
  const std::span<const uint8_t> payload = reader.bytes(udp_length - size_t{8});
  require(reader.ok());
  return payload;
}

}  // namespace

std::vector<Bytes> read_pcap(const std::string& path) {
  constexpr uint32_t kMagic = 0xA1B2C3D4;
  constexpr uint32_t kEthernet = 1;
  const Bytes file = read_file(path);
  base::ByteReader reader(file);
  require(little_endian(reader.u32()) == kMagic);
  reader.skip(16);
  require(little_endian(reader.u32()) == kEthernet);
  std::vector<Bytes> datagrams;
  while (reader.remaining() > 0) {
    reader.skip(8);  // when
    const uint32_t captured = little_endian(reader.u32());
    reader.skip(4);  // size on the wire
    datagrams.push_back(copy_of(udp_payload(reader.bytes(captured))));
  }
  return datagrams;
}

std::vector<Bytes> read_rtpdump(const std::string& path) {
  constexpr size_t kFileHeaderSize = 16;
  constexpr size_t kRecordHeaderSize = 8;
  const Bytes file = read_file(path);
  const auto line_end = std::find(file.begin(), file.end(), '\n');
  require(line_end != file.end());
  const auto line_size = static_cast<size_t>(line_end - file.begin()) + 1;
  base::ByteReader reader(file);
  reader.skip(line_size + kFileHeaderSize);
  std::vector<Bytes> packets;
  while (reader.remaining() > 0) {
    const size_t length = reader.u16();
    reader.skip(kRecordHeaderSize - 2);
    packets.push_back(copy_of(reader.bytes(length - kRecordHeaderSize)));
  }
  require(reader.ok());
  return packets;
}

}  // namespace testing_support

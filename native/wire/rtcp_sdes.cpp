#include "wire/rtcp_sdes.h"

#include "base/byte_writer.h"

namespace wire {

namespace {

constexpr uint8_t kEndOfChunk = 0;
constexpr uint8_t kCname = 1;
constexpr size_t kMaxChunks = 31;
constexpr size_t kMaxText = 255;

// SSRC, CNAME item, at least one terminating zero, padded to a multiple of 4.
constexpr size_t chunk_size(const SdesChunk& chunk) {
  return 4 + (2 + chunk.cname.size() + 1 + 3) / 4 * 4;
}

}  // namespace

bool SdesReader::next(SdesChunk& chunk) {
  if (left_ == 0 || error_ != ParseError::kNone) return false;
  --left_;
  chunk = SdesChunk{.ssrc = reader_.u32(), .cname = {}};
  while (reader_.ok()) {
    const uint8_t type = reader_.u8();
    if (type == kEndOfChunk) break;
    const std::span<const uint8_t> text = reader_.bytes(reader_.u8());
    if (type == kCname && chunk.cname.empty()) {
      chunk.cname = {reinterpret_cast<const char*>(text.data()), text.size()};
    }
  }
  reader_.skip((4 - reader_.position() % 4) % 4);
  if (!reader_.ok()) error_ = ParseError::kTruncated;
  return reader_.ok();
}

size_t write_sdes(std::span<const SdesChunk> chunks, std::span<uint8_t> out) {
  if (chunks.size() > kMaxChunks) return 0;
  size_t size = kRtcpHeaderSize;
  for (const SdesChunk& chunk : chunks) {
    if (chunk.cname.size() > kMaxText) return 0;
    size += chunk_size(chunk);
  }
  base::ByteWriter writer(out);
  write_rtcp_header(writer, RtcpType::kSourceDescription, static_cast<uint8_t>(chunks.size()),
                    size);
  for (const SdesChunk& chunk : chunks) {
    const std::string_view cname = chunk.cname;
    writer.u32(chunk.ssrc);
    writer.u8(kCname);
    writer.u8(static_cast<uint8_t>(cname.size()));
    writer.bytes({reinterpret_cast<const uint8_t*>(cname.data()), cname.size()});
    writer.zeros(chunk_size(chunk) - 6 - cname.size());
  }
  return writer.finish();
}

}  // namespace wire

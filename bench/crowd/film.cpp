#include "crowd/film.h"

#include <cstring>
#include <fstream>
#include <iterator>

#include "load/json_lines.h"

namespace crowd {

namespace {

// IVF: 32 bytes of file header, 12 before each frame; all little endian.
constexpr size_t kFileHeader = 32;
constexpr size_t kFrameHeader = 12;
constexpr size_t kSilenceBytes = 8;

uint64_t load_le(const uint8_t* at, size_t size) {
  uint64_t value = 0;
  for (size_t i = size; i > 0; --i) value = value << 8 | at[i - 1];
  return value;
}

std::vector<uint8_t> bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) load::fail("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

Film Film::read(const std::string& path) {
  Film film;
  film.bytes_ = bytes_of(path);
  const uint8_t* bytes = film.bytes_.data();
  const size_t size = film.bytes_.size();
  if (size < kFileHeader || std::memcmp(bytes, "DKIF", 4) != 0) load::fail("no IVF: " + path);
  film.is_video_ = std::memcmp(bytes + 8, "VP80", 4) == 0;
  if (!film.is_video_ && std::memcmp(bytes + 8, "OPUS", 4) != 0) load::fail("a codec: " + path);
  const auto rate = static_cast<int64_t>(load_le(bytes + 16, 4));
  const auto scale = static_cast<int64_t>(load_le(bytes + 20, 4));
  std::vector<int64_t> ticks;
  for (size_t at = kFileHeader; at + kFrameHeader <= size;) {
    const size_t length = load_le(bytes + at, 4);
    if (length == 0 || length > size - at - kFrameHeader) load::fail("a torn frame: " + path);
    ticks.push_back(static_cast<int64_t>(load_le(bytes + at + 4, 8)));
    film.frames_.push_back({at + kFrameHeader, length});
    at += kFrameHeader + length;
  }
  if (ticks.size() < 2 || rate <= 0) load::fail("too short: " + path);
  const int64_t step = ticks[1] - ticks[0];
  for (size_t i = 1; i < ticks.size(); ++i) {
    if (step <= 0 || ticks[i] - ticks[i - 1] != step) load::fail("uneven frames: " + path);
  }
  film.interval_ns_ = step * scale * 1'000'000'000 / rate;
  return film;
}

std::span<const uint8_t> Film::frame(uint64_t number) const {
  const Place& place = frames_[number % frames_.size()];
  return std::span(bytes_).subspan(place.offset, place.size);
}

bool Film::is_key(uint64_t number) const {
  // The first bit of a VP8 frame is 0 in key frames (RFC 6386 §9.1).
  return !is_video_ || (frame(number)[0] & 1) == 0;
}

bool Film::is_silence(uint64_t number) const {
  return !is_video_ && frame(number).size() <= kSilenceBytes;
}

std::shared_ptr<const Film> FilmShelf::take(const std::string& path) {
  std::shared_ptr<const Film>& film = films_[path];
  if (film == nullptr) film = std::make_shared<const Film>(Film::read(path));
  return film;
}

}  // namespace crowd

// What a camera or a microphone gave, encoded before: an IVF file of VP8 or of Opus (one packet a
// frame), whose frames stand at equal distances and are repeated without end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace crowd {

class Film {
 public:
  // Ends the program when the file is none.
  static Film read(const std::string& path);

  bool is_video() const { return is_video_; }
  size_t size() const { return frames_.size(); }
  int64_t interval_ns() const { return interval_ns_; }
  // `number` counts on over repetitions.
  std::span<const uint8_t> frame(uint64_t number) const;
  // A picture that needs none before it. All of sound is.
  bool is_key(uint64_t number) const;
  // libopus says digital silence in a few bytes.
  bool is_silence(uint64_t number) const;

 private:
  struct Place {
    size_t offset = 0;
    size_t size = 0;
  };

  std::vector<uint8_t> bytes_;
  std::vector<Place> frames_;
  int64_t interval_ns_ = 0;
  bool is_video_ = false;
};

// Each file once, however many people show it.
class FilmShelf {
 public:
  std::shared_ptr<const Film> take(const std::string& path);

 private:
  std::map<std::string, std::shared_ptr<const Film>> films_;
};

}  // namespace crowd

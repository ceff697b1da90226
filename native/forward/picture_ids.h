// Picture ids of VP9 on one line that does not wrap. A publisher may change from 7 to 15 bits in
// mid-stream: the lower 7 bits then tell where it goes on.
#pragma once

#include <cstdint>

#include "wire/vp9.h"

namespace forward {

// Plain values.
class PictureIds {
 public:
  // The picture nearest to the one before. The descriptor must have a picture id.
  int64_t unwrap(const wire::Vp9Descriptor& descriptor) {
    const uint16_t id = *descriptor.picture_id;
    const int64_t cycle = descriptor.long_picture_id && long_ ? 0x8000 : 0x80;
    int64_t step = started_ ? (id - last_id_) & (cycle - 1) : 0;
    if (step >= cycle / 2) step -= cycle;
    last_ = started_ ? last_ + step : id;
    last_id_ = id;
    long_ = descriptor.long_picture_id;
    started_ = true;
    return last_;
  }
  void reset() { *this = PictureIds(); }

 private:
  int64_t last_ = 0;
  uint16_t last_id_ = 0;
  bool long_ = false;
  bool started_ = false;
};

}  // namespace forward

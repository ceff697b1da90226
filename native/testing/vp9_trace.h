// An encoder of VP9 layers that makes descriptors only: the patterns of Chromium's L1T3, L2T2, L3T3
// and their _KEY forms, with the references of every frame known.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "wire/vp9.h"

namespace testing_support {

struct Vp9Mode {
  uint8_t spatial = 3;
  uint8_t temporal = 3;
  bool key_pictures_only = false;  // k-SVC
  bool flexible = false;
};

struct Vp9Frame {
  wire::Vp9Descriptor descriptor;  // of its first packet; start and end are both set
  int64_t picture = 0;
  std::vector<std::pair<int64_t, uint8_t>> references;  // picture, spatial layer
};

class Vp9Trace {
 public:
  explicit Vp9Trace(Vp9Mode mode, int64_t first_picture = 100)
      : mode_(mode), picture_(first_picture) {}

  // The frames of the next picture, lowest layer first.
  std::vector<Vp9Frame> next(bool key) {
    if (key || since_key_ < 0) since_key_ = 0;
    const bool is_key = since_key_ == 0;
    const uint8_t temporal = temporal_of(since_key_);
    if (temporal == 0) ++tl0_;
    std::vector<Vp9Frame> frames;
    for (uint8_t s = 0; s < mode_.spatial; ++s) frames.push_back(frame(s, temporal, is_key));
    ++picture_;
    ++since_key_;
    return frames;
  }
  Vp9Mode& mode() { return mode_; }

 private:
  int period() const { return 1 << (mode_.temporal - 1); }
  uint8_t temporal_of(int index) const {
    const int phase = index % period();
    for (uint8_t t = 0; t < mode_.temporal; ++t) {
      if (phase % (period() >> t) == 0) return t;
    }
    return 0;
  }
  // To the last picture of a lower temporal layer; T0 refers to T0.
  int reference_distance(uint8_t temporal) const {
    return temporal == 0 ? period() : period() >> temporal;
  }

  Vp9Frame frame(uint8_t spatial, uint8_t temporal, bool is_key) const {
    Vp9Frame made;
    made.picture = picture_;
    wire::Vp9Descriptor& d = made.descriptor;
    d.picture_id = static_cast<uint16_t>(picture_ & 0x7fff);
    d.long_picture_id = true;
    d.has_layer_indices = true;
    d.flexible = mode_.flexible;
    if (!mode_.flexible) d.tl0_pic_idx = tl0_;
    d.spatial_id = spatial;
    d.temporal_id = temporal;
    d.start_of_frame = d.end_of_frame = true;
    d.inter_predicted = !is_key;
    d.inter_layer_predicted = spatial > 0 && (is_key || !mode_.key_pictures_only);
    d.not_upper_layer_reference =
        spatial + 1 == mode_.spatial || (mode_.key_pictures_only && !is_key);
    const int distance = reference_distance(temporal);
    // The frame it refers to is of the base layer: from here on higher layers can be decoded.
    d.switching_up = temporal > 0 && temporal_of(since_key_ - distance) == 0;
    if (is_key && spatial == 0) d.spatial_layers = mode_.spatial;
    if (!is_key) {
      made.references.emplace_back(picture_ - distance, spatial);
      if (mode_.flexible) {
        d.reference_diffs[0] = static_cast<uint8_t>(distance);
        d.reference_count = 1;
      }
    }
    if (d.inter_layer_predicted) made.references.emplace_back(picture_, spatial - 1);
    return made;
  }

  Vp9Mode mode_;
  int64_t picture_;
  int since_key_ = -1;
  uint8_t tl0_ = 250;
};

}  // namespace testing_support

// Dependency descriptor header extension (AV1 RTP specification, Appendix A.8.2). It tells, for any
// codec, which frames a frame needs and for which decode targets (layers) it is needed.
//
//  0                   1                   2
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |S|E| template  |         frame number          |  mandatory: start and end of frame
// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
// |T|A|I|F|C| structure (T) … active targets (A) … indications (I) … frame diffs (F) …
// +-+-+-+-+-+-------------------------------------  … chain diffs (C), zero bits to the byte
//
// structure: template id offset (6), targets - 1 (5); per template the step to the next one's layer
// (2: same, temporal + 1, spatial + 1, end); per template and target an indication (2); per
// template frame diffs (1 + 4)* 0; number of chains ns(targets + 1), per target its chain
// ns(chains), per template and chain a diff (4); resolutions (1), per spatial layer width - 1,
// height - 1 (16 + 16).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "wire/parse_error.h"

namespace wire {

// The format's own limits.
inline constexpr size_t kMaxDecodeTargets = 32;
inline constexpr size_t kMaxDependencyChains = 32;
inline constexpr size_t kMaxDependencyTemplates = 64;
// Frames that one frame may refer to: AV1 and VP9 keep 8. A descriptor with more is refused.
inline constexpr size_t kMaxFrameDiffs = 8;
// A structure with more spatial layers is refused; encoders make 3 at most.
inline constexpr size_t kMaxDependencySpatialLayers = 4;

// What a frame is to a decode target.
enum class DecodeIndication : uint8_t {
  kNotPresent,
  kDiscardable,  // nothing of the target depends on it
  kSwitch,       // the target can be decoded from here on
  kRequired,
};

struct FrameDependencies {
  uint64_t indications = 0;  // 2 bits per decode target, the first in the lowest
  std::array<uint16_t, kMaxFrameDiffs> frame_diffs{};       // 1 to 4096, `diff_count` of them
  std::array<uint8_t, kMaxDependencyChains> chain_diffs{};  // to the chain's last frame; 0 = none
  uint8_t diff_count = 0;
  uint8_t spatial_id = 0;
  uint8_t temporal_id = 0;

  DecodeIndication indication(size_t target) const {
    return static_cast<DecodeIndication>(indications >> (2 * target) & 3);
  }
  std::span<const uint16_t> diffs() const { return {frame_diffs.data(), diff_count}; }
  bool operator==(const FrameDependencies&) const = default;
};

struct Resolution {
  uint32_t width = 0;  // pixels, 1 to 65536
  uint32_t height = 0;

  bool operator==(const Resolution&) const = default;
};

struct DependencyStructure {
  std::array<FrameDependencies, kMaxDependencyTemplates> templates{};
  std::array<uint8_t, kMaxDecodeTargets> protected_by{};    // chain of each target
  std::array<uint8_t, kMaxDecodeTargets> target_spatial{};  // highest layers of each target
  std::array<uint8_t, kMaxDecodeTargets> target_temporal{};
  std::array<Resolution, kMaxDependencySpatialLayers> resolutions{};
  uint8_t template_id_offset = 0;  // 0 to 63
  uint8_t template_count = 0;
  uint8_t decode_targets = 0;  // 1 to 32
  uint8_t chains = 0;          // 0 to decode_targets
  uint8_t spatial_layers = 0;  // 1 to kMaxDependencySpatialLayers
  bool has_resolutions = false;

  uint32_t every_target() const {
    return static_cast<uint32_t>((uint64_t{1} << decode_targets) - 1);
  }
  bool operator==(const DependencyStructure&) const = default;
};

// The mandatory part, and whether a structure follows it.
struct DependencyHead {
  uint16_t frame_number = 0;
  uint8_t template_id = 0;  // 6 bits
  bool start_of_frame = false;
  bool end_of_frame = false;
  bool has_structure = false;  // sent with key frames only

  bool key_frame() const { return start_of_frame && has_structure; }
  bool operator==(const DependencyHead&) const = default;
};

struct DependencyDescriptor {
  DependencyHead head;
  FrameDependencies frame;  // the template's, with what the descriptor says otherwise
  std::optional<uint32_t> active_targets;  // bit mask, as written; stays in force until the next
  uint16_t mask_position = 0;  // in bits: where the mask stands or would stand; 0 = no such place
  bool has_own_indications = false;
  bool has_own_frame_diffs = false;
  bool has_own_chain_diffs = false;
};

ParseError parse_dependency_head(std::span<const uint8_t> value, DependencyHead& head);

// Reads a structure, if the descriptor has one, into `structure`; otherwise that is the one in
// force (template_count 0: none). Refused are a template that the structure does not have
// (kBadValue) and what exceeds the limits above (kTooMany). After an error `structure` may hold
// anything when the descriptor had one, and is untouched when not.
ParseError parse_dependency_descriptor(std::span<const uint8_t> value,
                                       DependencyStructure& structure,
                                       DependencyDescriptor& descriptor);

// The inverse. The descriptor must fit the structure. Returns the size; 0 when it does not fit.
size_t write_dependency_descriptor(const DependencyDescriptor& descriptor,
                                   const DependencyStructure& structure, std::span<uint8_t> out);

// The highest layers for which a frame of any template is present, per target (A.8.3.2).
void derive_target_layers(DependencyStructure& structure);

}  // namespace wire

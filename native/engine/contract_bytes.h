// The bytes of the contract between JavaScript and the engine: little-endian, unpadded, every
// length checked. contract.gen.h is generated on top of this file; docs/contract.md has the layout.
//
// Decoding allocates nothing: strings, byte strings and lists are views into the input, which must
// outlive what was decoded from it.
#pragma once

#include <algorithm>
#include <bit>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <span>
#include <string_view>
#include <vector>

namespace engine {

static_assert(std::endian::native == std::endian::little,
              "the contract copies integers as they lie");

// Names an object of one shard. JavaScript chooses it (so creating needs no round trip) and moves
// `generation` on when it reuses an index, so that a late command cannot hit the successor.
struct Handle {
  static constexpr uint32_t kNoIndex = 0xffffffff;

  uint32_t index = kNoIndex;
  uint16_t generation = 0;
  uint16_t shard = 0;

  auto operator<=>(const Handle&) const = default;

  bool is_none() const { return index == kNoIndex; }
  // The handle as statistics carry it: exact while shard < 32.
  double to_number() const {
    return static_cast<double>(uint64_t{shard} << 48 | uint64_t{generation} << 32 | index);
  }
};

// Reads from the front of a span; every read fails once there are too few bytes left.
class ContractReader {
 public:
  explicit ContractReader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  std::span<const uint8_t> rest() const { return rest_; }
  bool empty() const { return rest_.empty(); }

  bool take(size_t size, std::span<const uint8_t>& out) {
    if (rest_.size() < size) return false;
    out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return true;
  }

 private:
  std::span<const uint8_t> rest_;
};

// Appends to a vector that its owner reuses.
class ContractWriter {
 public:
  explicit ContractWriter(std::vector<uint8_t>& out) : out_(out) {}

  size_t size() const { return out_.size(); }

  void put(const void* bytes, size_t size) {
    const size_t at = out_.size();
    out_.resize(at + size);
    if (size > 0) std::memcpy(out_.data() + at, bytes, size);
  }
  void overwrite(size_t at, uint32_t value) { std::memcpy(&out_[at], &value, sizeof value); }

 private:
  std::vector<uint8_t>& out_;
};

template <class T>
concept Number = (std::integral<T> && !std::same_as<T, bool>) || std::floating_point<T>;

template <Number T>
bool decode(ContractReader& in, T& out) {
  std::span<const uint8_t> bytes;
  if (!in.take(sizeof out, bytes)) return false;
  std::memcpy(&out, bytes.data(), sizeof out);
  return true;
}

template <Number T>
void encode(ContractWriter& out, T value) {
  out.put(&value, sizeof value);
}

inline bool decode(ContractReader& in, bool& out) {
  uint8_t byte = 0;
  if (!decode(in, byte) || byte > 1) return false;
  out = byte == 1;
  return true;
}

inline void encode(ContractWriter& out, bool value) { encode(out, static_cast<uint8_t>(value)); }

inline bool decode(ContractReader& in, Handle& out) {
  return decode(in, out.index) && decode(in, out.generation) && decode(in, out.shard);
}

inline void encode(ContractWriter& out, const Handle& value) {
  encode(out, value.index);
  encode(out, value.generation);
  encode(out, value.shard);
}

inline bool decode(ContractReader& in, std::span<const uint8_t>& out) {
  uint16_t size = 0;
  return decode(in, size) && in.take(size, out);
}

// At most 65 535 bytes: what is longer is cut.
inline void encode(ContractWriter& out, std::span<const uint8_t> value) {
  const auto size = static_cast<uint16_t>(std::min<size_t>(value.size(), 0xffff));
  encode(out, size);
  out.put(value.data(), size);
}

inline bool decode(ContractReader& in, std::string_view& out) {
  std::span<const uint8_t> bytes;
  if (!decode(in, bytes)) return false;
  out = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  return true;
}

inline void encode(ContractWriter& out, std::string_view value) {
  encode(out, std::span{reinterpret_cast<const uint8_t*>(value.data()), value.size()});
}

// A list of T: either decoded, and then a view of bytes that decode() has already checked, or made
// from a span in order to be encoded. Iterating yields values.
template <class T>
class List {
 public:
  class Iterator {
   public:
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using iterator_category = std::input_iterator_tag;

    Iterator(const List& list, size_t at) : list_(&list), at_(at), next_(list.bytes_) { load(); }
    const T& operator*() const { return value_; }
    const T* operator->() const { return &value_; }
    Iterator& operator++() {
      ++at_;
      load();
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    void load() {
      if (at_ >= list_->count_) return;
      if (!list_->items_.empty()) {
        value_ = list_->items_[at_];
      } else {
        decode(next_, value_);
      }
    }

    const List* list_;
    size_t at_;
    ContractReader next_;
    T value_{};
  };

  List() = default;
  explicit List(std::span<const T> items) : count_(items.size()), items_(items) {}

  size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, count_}; }

  static bool decode_into(ContractReader& in, List& out) {
    uint16_t count = 0;
    if (!decode(in, count)) return false;
    const std::span<const uint8_t> start = in.rest();
    T item{};
    for (size_t i = 0; i < count; ++i) {
      if (!decode(in, item)) return false;
    }
    out.count_ = count;
    out.items_ = {};
    out.bytes_ = start.first(start.size() - in.rest().size());
    return true;
  }

 private:
  size_t count_ = 0;
  std::span<const uint8_t> bytes_;
  std::span<const T> items_;
};

template <class T>
bool decode(ContractReader& in, List<T>& out) {
  return List<T>::decode_into(in, out);
}

// At most 65 535 items: what is longer is cut.
template <class T>
void encode(ContractWriter& out, const List<T>& list) {
  const auto count = static_cast<uint16_t>(std::min<size_t>(list.size(), 0xffff));
  encode(out, count);
  uint16_t written = 0;
  for (const T& item : list) {
    if (written++ == count) break;
    encode(out, item);
  }
}

// One command or event as it lies in a buffer: [u16 type][u32 length][fields].
struct Frame {
  uint16_t type = 0;
  std::span<const uint8_t> fields;
};

inline bool decode(ContractReader& in, Frame& out) {
  uint32_t length = 0;
  return decode(in, out.type) && decode(in, length) && in.take(length, out.fields);
}

// Appends `message` (a command or an event) as a frame.
template <class T>
void append_frame(std::vector<uint8_t>& buffer, const T& message) {
  ContractWriter out(buffer);
  encode(out, static_cast<uint16_t>(T::kType));
  const size_t length_at = out.size();
  encode(out, uint32_t{0});
  encode(out, message);
  out.overwrite(length_at, static_cast<uint32_t>(out.size() - length_at - sizeof(uint32_t)));
}

// Reads the fields of a frame whose type is known; false when they are malformed or too long.
template <class T>
bool decode_fields(std::span<const uint8_t> fields, T& out) {
  ContractReader in(fields);
  return decode(in, out) && in.empty();
}

// The head of a batch of commands; `count` frames follow.
struct BatchHead {
  uint32_t batch = 0;
  uint16_t count = 0;
};

inline bool decode(ContractReader& in, BatchHead& out) {
  return decode(in, out.batch) && decode(in, out.count);
}

inline void encode(ContractWriter& out, const BatchHead& head) {
  encode(out, head.batch);
  encode(out, head.count);
}

}  // namespace engine

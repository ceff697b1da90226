// Datagrams that one step of a handshake wants sent, in order. Owned by the caller and reused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace crypto {

class Datagrams {
 public:
  // Returns the copy, valid until the next append.
  std::span<uint8_t> append(std::span<const uint8_t> datagram) {
    bytes_.insert(bytes_.end(), datagram.begin(), datagram.end());
    ends_.push_back(bytes_.size());
    return std::span(bytes_).last(datagram.size());
  }
  void clear() {
    bytes_.clear();
    ends_.clear();
  }
  bool empty() const { return ends_.empty(); }
  size_t size() const { return ends_.size(); }
  std::span<const uint8_t> operator[](size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::span<const uint8_t>(bytes_).subspan(begin, ends_[i] - begin);
  }

 private:
  std::vector<uint8_t> bytes_;
  std::vector<size_t> ends_;
};

}  // namespace crypto

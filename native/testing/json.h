// Reads the JSON of test vectors: whole documents of our own fixtures, nothing from outside.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace testing_support {

// One value. Asking for what it is not aborts the test program.
class Json {
 public:
  enum class Kind { kNull, kBool, kNumber, kString, kArray, kObject };

  // Aborts on malformed text. Strings keep their escapes as written.
  static Json parse(std::string_view text);
  static Json read_file(const std::string& path);

  bool is_null() const { return kind_ == Kind::kNull; }
  double number() const;
  int64_t integer() const { return static_cast<int64_t>(number()); }
  const std::string& string() const;
  const std::vector<Json>& items() const;
  const Json& operator[](size_t index) const { return items().at(index); }
  const Json& operator[](const std::string& key) const;
  bool contains(const std::string& key) const { return members_.contains(key); }

 private:
  friend class JsonParser;
  Kind kind_ = Kind::kNull;
  double number_ = 0;
  std::string string_;
  std::vector<Json> items_;
  std::map<std::string, Json> members_;
};

}  // namespace testing_support

#include "testing/json.h"

#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace testing_support {

class JsonParser {
 public:
  explicit JsonParser(std::string_view text) : left_(text) {}

  Json document() {
    Json value = parse_value();
    skip_space();
    require(left_.empty());
    return value;
  }

 private:
  static void require(bool condition) {
    if (!condition) std::abort();
  }

  void skip_space() {
    while (!left_.empty() && std::isspace(static_cast<unsigned char>(left_[0])) != 0) take(1);
  }
  std::string_view take(size_t count) {
    require(count <= left_.size());
    const std::string_view taken = left_.substr(0, count);
    left_.remove_prefix(count);
    return taken;
  }
  bool accept(std::string_view token) {
    skip_space();
    if (!left_.starts_with(token)) return false;
    take(token.size());
    return true;
  }

  Json parse_value() {
    if (accept("{")) return parse_object();
    if (accept("[")) return parse_array();
    if (accept("\"")) return parse_string();
    if (accept("null")) return {};
    Json value;
    value.kind_ = Json::Kind::kBool;
    if (accept("true") || accept("false")) return value;
    return parse_number();
  }

  Json parse_number() {
    const std::string text(left_.substr(0, left_.find_first_of(",]} \n")));
    char* end = nullptr;
    Json value;
    value.kind_ = Json::Kind::kNumber;
    value.number_ = std::strtod(text.c_str(), &end);
    require(end != text.c_str());
    take(static_cast<size_t>(end - text.c_str()));
    return value;
  }

  Json parse_string() {
    Json value;
    value.kind_ = Json::Kind::kString;
    while (!left_.starts_with('"')) value.string_ += take(left_.starts_with('\\') ? 2 : 1);
    take(1);
    return value;
  }

  Json parse_array() {
    Json value;
    value.kind_ = Json::Kind::kArray;
    while (!accept("]")) {
      value.items_.push_back(parse_value());
      accept(",");
    }
    return value;
  }

  Json parse_object() {
    Json value;
    value.kind_ = Json::Kind::kObject;
    while (!accept("}")) {
      require(accept("\""));
      const std::string key = parse_string().string_;
      require(accept(":"));
      value.members_.emplace(key, parse_value());
      accept(",");
    }
    return value;
  }

  std::string_view left_;
};

Json Json::parse(std::string_view text) { return JsonParser(text).document(); }

Json Json::read_file(const std::string& path) {
  std::ifstream file(path);
  return parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

double Json::number() const {
  if (kind_ != Kind::kNumber) std::abort();
  return number_;
}

const std::string& Json::string() const {
  if (kind_ != Kind::kString) std::abort();
  return string_;
}

const std::vector<Json>& Json::items() const {
  if (kind_ != Kind::kArray) std::abort();
  return items_;
}

const Json& Json::operator[](const std::string& key) const {
  const auto member = members_.find(key);
  if (member == members_.end()) std::abort();
  return member->second;
}

}  // namespace testing_support

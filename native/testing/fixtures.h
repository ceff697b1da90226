#pragma once

#include <string>

namespace testing_support {

// Path of a recorded stream or a set of vectors in test/fixtures/captures.
std::string capture_path(const std::string& name);

}  // namespace testing_support

#include "testing/fixtures.h"

namespace testing_support {

// The one place that knows where the checkout lies: everything else is compiled once for all
// checkouts (ccache).
std::string capture_path(const std::string& name) {
  return std::string(PLENUM_FIXTURES "/captures/") + name;
}

}  // namespace testing_support

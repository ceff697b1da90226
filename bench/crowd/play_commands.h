// What a crowd is told, and says, of real media.
#pragma once

#include <string>

#include "crowd/crowd.h"
#include "testing/json.h"

namespace crowd {

ClockOptions clock_of(const testing_support::Json& line);
void play(Crowd& crowd, const testing_support::Json& line);
std::string told_of_players(const Crowd& crowd);

}  // namespace crowd

// Parts of scripts that several tests put together, in hex.
#pragma once

#include <string>

namespace sluice::test {

inline const std::string ref_a = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f01000000";
inline const std::string ref_b = std::string(64, 'f') + "00000000";
inline const std::string pay = "76a9144f9ab47a237441c0dc61dcd39fd92709f281b03388ac";

}  // namespace sluice::test

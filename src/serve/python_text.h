// The texts of values inside error messages. The servers this one replaces are written in Python
// and put str() of the offending value into the message; clients see those texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "serve/json_document.h"

namespace sluice::serve {

/// str(value): strings as they are, everything else as repr().
[[nodiscard]] std::string python_str(const JsonValue& value);
/// repr(value): strings quoted, lists and dictionaries in brackets, None, True, False.
void append_python_repr(std::string& target, const JsonValue& value);
/// repr() of a string: single quotes, or double ones if it holds single quotes only.
/// Characters above U+00FF count as printable except separators and surrogates.
void append_python_quoted(std::string& target, std::string_view text);
/// repr() of a float: shortest digits that read back, exponent below 1e-4 and from 1e16.
void append_python_float(std::string& target, double value);
/// `{:,}`: a comma between groups of three digits.
[[nodiscard]] std::string with_thousands(std::string_view digits);
[[nodiscard]] std::string with_thousands(std::uint64_t value);

/// Value of a `real` token; infinite if it is too large.
[[nodiscard]] double real_value(std::string_view token);

}  // namespace sluice::serve

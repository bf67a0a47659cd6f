#include "observe/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"

namespace sluice::observe {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_name(std::string_view text, bool with_colons) {
  const auto is_first = [with_colons](char c) { return is_letter(c) || (with_colons && c == ':'); };
  return !text.empty() && is_first(text.front()) &&
         std::ranges::all_of(text, [is_first](char c) { return is_first(c) || (c >= '0' && c <= '9'); });
}

/// Help texts escape backslash and line feed, label values the quote too.
void append_escaped(std::string& target, std::string_view text, bool with_quotes) {
  for (const char c : text) {
    if (c == '\\') target += "\\\\";
    else if (c == '\n') target += "\\n";
    else if (c == '"' && with_quotes) target += "\\\"";
    else target += c;
  }
}

}  // namespace

void MetricsText::family(std::string_view name, MetricType type, std::string_view help) {
  static constexpr std::array<std::string_view, 3> types{"counter", "gauge", "histogram"};
  SLUICE_CHECK(is_name(name, true));
  name_ = name;
  type_ = type;
  text_.append("# HELP ").append(name).append(" ");
  append_escaped(text_, help, false);
  text_.append("\n# TYPE ").append(name).append(" ").append(types[static_cast<std::size_t>(type)]).append("\n");
}

void MetricsText::histogram(MetricLabels labels, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                            double sum) {
  SLUICE_CHECK(type_ == MetricType::histogram && counts.size() == bounds.size() + 1);
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    count += counts[i];
    begin_sample("_bucket", labels, i < bounds.size() ? number(bounds[i]) : "+Inf");
    end_sample(count);
  }
  begin_sample("_sum", labels, {});
  end_sample(sum);
  begin_sample("_count", labels, {});
  end_sample(count);
}

void MetricsText::begin_sample(std::string_view suffix, MetricLabels labels, std::string_view bound) {
  SLUICE_CHECK((type_ == MetricType::histogram) == !suffix.empty());
  text_.append(name_).append(suffix);
  char separator = '{';
  const auto append_label = [&](std::string_view name, std::string_view value) {
    SLUICE_CHECK(is_name(name, false));
    text_ += separator;
    text_.append(name).append("=\"");
    append_escaped(text_, value, true);
    text_ += '"';
    separator = ',';
  };
  for (const MetricLabel& label : labels) append_label(label.name, label.value);
  if (!bound.empty()) append_label("le", bound);
  text_ += separator == '{' ? " " : "} ";
}

std::string MetricsText::number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);  // the shortest digits that read back as the same number
}

}  // namespace sluice::observe

// Writes metrics in the text form that Prometheus reads.
//
//   MetricsText metrics;
//   metrics.gauge("sluice_height", "Height of the newest block.", 812345);
//   metrics.family("sluice_calls_total", MetricType::counter, "Calls to the node.");
//   metrics.sample({{"kind", "single"}}, 17);
//   metrics.text();
//
//   # HELP sluice_height Height of the newest block.
//   # TYPE sluice_height gauge
//   sluice_height 812345
//
// Whoever has figures appends the families of them; nothing is registered, nothing is kept.
// Source: https://prometheus.io/docs/instrumenting/exposition_formats/, "Text-based format", version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace sluice::observe {

constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

enum class MetricType : std::uint8_t { counter, gauge, histogram };

struct MetricLabel {
  std::string_view name;   ///< [a-zA-Z_][a-zA-Z0-9_]*, not beginning with "__"; not "le", which histograms have
  std::string_view value;  ///< any text
};
using MetricLabels = std::initializer_list<MetricLabel>;

template <typename T>
concept MetricNumber = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

class MetricsText {
 public:
  /// Begins a family; samples follow. Each name once. Bounds: name is [a-zA-Z_:][a-zA-Z0-9_:]*.
  void family(std::string_view name, MetricType type, std::string_view help);
  /// One sample of the family. Bounds: it is a counter or a gauge.
  template <MetricNumber T>
  void sample(MetricLabels labels, T value) {
    begin_sample("", labels, {});
    end_sample(value);
  }
  /// One histogram of the family. counts [bounds + 1]: observations up to each bound and above the one before, the
  /// last: above all bounds. Bounds ascend.
  void histogram(MetricLabels labels, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                 double sum);

  /// A family with one sample and no labels.
  template <MetricNumber T>
  void counter(std::string_view name, std::string_view help, T value) {
    family(name, MetricType::counter, help);
    sample({}, value);
  }
  template <MetricNumber T>
  void gauge(std::string_view name, std::string_view help, T value) {
    family(name, MetricType::gauge, help);
    sample({}, value);
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  void begin_sample(std::string_view suffix, MetricLabels labels, std::string_view bound);
  template <MetricNumber T>
  void end_sample(T value) {
    if constexpr (std::is_floating_point_v<T>) text_ += number(value);
    else text_ += std::to_string(value);
    text_ += '\n';
  }
  static std::string number(double value);

  std::string name_;  // of the family
  MetricType type_ = MetricType::gauge;
  std::string text_;
};

}  // namespace sluice::observe

// blockchain.block.* and blockchain.headers.*
#include <algorithm>

#include "serve/coercion.h"
#include "serve/json_text.h"
#include "serve/method_table.h"
#include "serve/python_text.h"
#include "serve/reply_parts.h"

namespace sluice::serve {
namespace {

constexpr std::uint64_t headers_max = 2016;

Coerced<Natural> optional_height(const JsonValue& value) {
  if (!value) return Natural{};
  return to_natural(value);
}

Fault out_of_range(const Natural& height) {
  return bad_request("height " + with_thousands(height.digits) + " out of range");
}

/// Appends `,"branch":[...],"root":"..."` for a header below a checkpoint.
Outcome append_header_proof(Call& call, std::uint64_t height, const Natural& checkpoint) {
  const std::uint64_t tip = call.view().tip_height();
  if (height > checkpoint.value || checkpoint.value > tip) {
    return bad_request("require header height " + with_thousands(height) + " <= cp_height " +
                       with_thousands(checkpoint.digits) + " <= chain height " + with_thousands(tip));
  }
  const auto proof = call.context.merkle->headers.prove(call.view(), static_cast<std::uint32_t>(height),
                                                        static_cast<std::uint32_t>(checkpoint.value));
  if (!proof) return call.failed(proof.error());
  call.reply += ",\"branch\":";
  append_branch(call.reply, proof.value().branch);
  call.reply += ",\"root\":";
  append_json_hash(call.reply, proof.value().root.span());
  return std::nullopt;
}

void append_header_list(std::string& reply, const std::vector<std::byte>& raw) {
  reply += '[';
  for (std::size_t at = 0; at < raw.size(); at += chain::header_bytes) {
    if (at != 0) reply += ',';
    append_json_hex(reply, Bytes(raw.data() + at, chain::header_bytes));
  }
  reply += ']';
}

}  // namespace

Outcome block_header(Call& call) {
  const auto height = to_natural(call.argument[0]);
  if (!height.ok()) return height.fault();
  const auto checkpoint = optional_height(call.argument[1]);
  if (!checkpoint.ok()) return checkpoint.fault();
  const bool with_proof = checkpoint.value().value != 0;
  call.cost += with_proof ? 1.25 : 0.25;
  if (height.value().value > call.view().tip_height()) return out_of_range(height.value());
  const auto header = call.view().header(static_cast<std::uint32_t>(height.value().value));
  if (!header) return call.failed(header.error());
  if (!with_proof) {
    append_json_hex(call.reply, header.value());
    return std::nullopt;
  }
  call.reply += "{\"header\":";
  append_json_hex(call.reply, header.value());
  if (Outcome fault = append_header_proof(call, height.value().value, checkpoint.value())) return fault;
  call.reply += '}';
  return std::nullopt;
}

Outcome block_headers(Call& call) {
  const auto start = to_natural(call.argument[0]);
  if (!start.ok()) return start.fault();
  const auto wanted = to_natural(call.argument[1]);
  if (!wanted.ok()) return wanted.fault();
  const auto checkpoint = optional_height(call.argument[2]);
  if (!checkpoint.ok()) return checkpoint.fault();
  // The price is that of the count asked for, as the peers have it, not of the count served.
  call.cost += static_cast<double>(wanted.value().value) / 50;

  const std::uint64_t tip = call.view().tip_height();
  const std::uint64_t first = start.value().value;
  const std::uint64_t available = first > tip ? 0 : tip - first + 1;
  const std::uint64_t count = std::min({wanted.value().value, headers_max, available});
  std::vector<std::byte> raw;
  if (count != 0) {
    auto read = call.view().headers(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count));
    if (!read) return call.failed(read.error());
    raw = std::move(read).value();
  }

  // From 1.6 on the headers come as a list.
  if (call.session.at_least({1, 6})) {
    call.reply += "{\"headers\":";
    append_header_list(call.reply, raw);
  } else {
    call.reply += "{\"hex\":";
    append_json_hex(call.reply, raw);
  }
  call.reply += ",\"count\":";
  append_number(call.reply, count);
  call.reply += ",\"max\":";
  append_number(call.reply, headers_max);
  if (count != 0 && checkpoint.value().value != 0) {
    call.cost += 1.0;
    if (Outcome fault = append_header_proof(call, first + count - 1, checkpoint.value())) return fault;
  }
  call.reply += '}';
  return std::nullopt;
}

namespace {

/// The hash of a block is written as 64 digits; everything else is a height.
std::optional<BlockHash> as_block_hash(const JsonValue& value) {
  if (!value.is(JsonKind::string)) return std::nullopt;
  return BlockHash::from_display(value.text());
}

Outcome append_header_at(Call& call, std::uint32_t height) {
  const auto header = call.view().header(height);
  if (!header) return call.failed(header.error());
  call.reply += "{\"height\":";
  append_number(call.reply, height);
  call.reply += ",\"hex\":";
  append_json_hex(call.reply, header.value());
  call.reply += '}';
  return std::nullopt;
}

}  // namespace

Outcome header_get(Call& call) {
  if (const auto hash = as_block_hash(call.argument[0])) {
    call.cost += 1.0;
    const auto height = call.context.merkle->headers.height_of(call.view(), *hash);
    if (!height) return call.failed(height.error());
    if (!height.value()) return bad_request("no block has the hash " + hash->display());
    return append_header_at(call, *height.value());
  }
  const auto height = to_natural(call.argument[0]);
  if (!height.ok()) return height.fault();
  call.cost += 0.25;
  if (height.value().value > call.view().tip_height()) return out_of_range(height.value());
  return append_header_at(call, static_cast<std::uint32_t>(height.value().value));
}

Outcome headers_get_tip(Call& call) {
  call.cost += 0.25;
  return append_header_at(call, call.view().tip_height());
}

Outcome headers_unsubscribe(Call& call) {
  call.cost += 0.1;
  call.reply += call.session.headers_subscribed ? "true" : "false";
  call.session.headers_subscribed = call.session.tip_marked = false;
  return std::nullopt;
}

Outcome headers_subscribe(Call& call) {
  call.cost += 0.25;
  if (const Status read = append_tip(call.reply, call.view()); !read) return call.failed(read.error());
  call.session.headers_subscribed = true;
  return std::nullopt;
}

}  // namespace sluice::serve

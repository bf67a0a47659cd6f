// Parse errors as text.
#include "base/check.h"
#include "parse/parse_blocks.h"

namespace sluice::parse {

std::string_view parse_errc_text(ParseErrc errc) noexcept {
  switch (errc) {
    case ParseErrc::ok: return "no error";
    case ParseErrc::truncated: return "a field runs past the end of the block";
    case ParseErrc::bad_varint: return "a compact size is not in its shortest form";
    case ParseErrc::oversized: return "a count is larger than the rest of the block can hold";
    case ParseErrc::trailing_bytes: return "bytes remain behind the last transaction";
    case ParseErrc::no_transactions: return "the block has no transactions";
    case ParseErrc::bad_coinbase: return "the first transaction is not a coinbase";
    case ParseErrc::bad_inputs: return "a transaction has no inputs, or a null prevout that only a coinbase may have";
    case ParseErrc::bad_outputs: return "a transaction has no outputs";
    case ParseErrc::bad_value: return "an output value is above the largest possible amount";
    case ParseErrc::bad_witness: return "the witness flag is unknown, or the witness is empty";
    case ParseErrc::bad_script: return "an output script of a version-3 transaction has a truncated push";
    case ParseErrc::merkle_mismatch: return "the transactions do not match the header's merkle root";
    case ParseErrc::merkle_repeated: return "the merkle tree holds a repeated subtree";
    case ParseErrc::count_: break;
  }
  return "unknown parse error";
}

std::string describe_fault(ParseErrc errc, const ParseFault& fault, const source::RawBatch& source) {
  SLUICE_CHECK(fault.block < source.blocks.size());
  const source::RawBlock& block = source.blocks[fault.block];
  std::string number = std::to_string(block.file_number);
  if (number.size() < 5) number.insert(0, 5 - number.size(), '0');
  std::string text = "blk" + number + ".dat, offset " + std::to_string(block.file_offset + fault.offset);
  text += ": block at height " + std::to_string(block.height) + " (" + block.hash.display() + "), byte " +
          std::to_string(fault.offset);
  text += ", transaction " + std::to_string(fault.tx) + ": ";
  text += parse_errc_text(errc);
  return text;
}

}  // namespace sluice::parse

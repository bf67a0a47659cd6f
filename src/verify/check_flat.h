// Checks of the state record and the flat files, which need no table and no block file.
#pragma once

#include "verify/context.h"

namespace sluice::verify {

/// The state record is alone in its table, written the way this program writes it, and its numbers can be.
void check_state(Context& context);
/// Flat files are as long as the state says, to the byte.
void check_lengths(Context& context);
/// Headers begin with the network's genesis block, link to each other, carry their work, end at the tip.
void check_headers(Context& context);
/// Blocks follow each other without gap or overlap, and transaction places follow each other in a block.
void check_blocks(Context& context);
/// Transaction ids hash to the merkle roots in the headers.
void check_merkle_roots(Context& context);

}  // namespace sluice::verify

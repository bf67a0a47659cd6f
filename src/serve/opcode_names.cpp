#include "serve/opcode_names.h"

#include <array>

namespace sluice::serve {
namespace {

struct Named {
  std::uint8_t opcode;
  std::string_view name;
};

// Shared by all coins.
constexpr Named shared_names[] = {
    {0x50, "OP_RESERVED"},
    {0x61, "OP_NOP"},
    {0x62, "OP_VER"},
    {0x63, "OP_IF"},
    {0x64, "OP_NOTIF"},
    {0x65, "OP_VERIF"},
    {0x66, "OP_VERNOTIF"},
    {0x67, "OP_ELSE"},
    {0x68, "OP_ENDIF"},
    {0x69, "OP_VERIFY"},
    {0x6a, "OP_RETURN"},
    {0x6b, "OP_TOALTSTACK"},
    {0x6c, "OP_FROMALTSTACK"},
    {0x6d, "OP_2DROP"},
    {0x6e, "OP_2DUP"},
    {0x6f, "OP_3DUP"},
    {0x70, "OP_2OVER"},
    {0x71, "OP_2ROT"},
    {0x72, "OP_2SWAP"},
    {0x73, "OP_IFDUP"},
    {0x74, "OP_DEPTH"},
    {0x75, "OP_DROP"},
    {0x76, "OP_DUP"},
    {0x77, "OP_NIP"},
    {0x78, "OP_OVER"},
    {0x79, "OP_PICK"},
    {0x7a, "OP_ROLL"},
    {0x7b, "OP_ROT"},
    {0x7c, "OP_SWAP"},
    {0x7d, "OP_TUCK"},
    {0x7e, "OP_CAT"},
    {0x82, "OP_SIZE"},
    {0x83, "OP_INVERT"},
    {0x84, "OP_AND"},
    {0x85, "OP_OR"},
    {0x86, "OP_XOR"},
    {0x87, "OP_EQUAL"},
    {0x88, "OP_EQUALVERIFY"},
    {0x89, "OP_RESERVED1"},
    {0x8a, "OP_RESERVED2"},
    {0x8b, "OP_1ADD"},
    {0x8c, "OP_1SUB"},
    {0x8d, "OP_2MUL"},
    {0x8e, "OP_2DIV"},
    {0x8f, "OP_NEGATE"},
    {0x90, "OP_ABS"},
    {0x91, "OP_NOT"},
    {0x92, "OP_0NOTEQUAL"},
    {0x93, "OP_ADD"},
    {0x94, "OP_SUB"},
    {0x95, "OP_MUL"},
    {0x96, "OP_DIV"},
    {0x97, "OP_MOD"},
    {0x98, "OP_LSHIFT"},
    {0x99, "OP_RSHIFT"},
    {0x9a, "OP_BOOLAND"},
    {0x9b, "OP_BOOLOR"},
    {0x9c, "OP_NUMEQUAL"},
    {0x9d, "OP_NUMEQUALVERIFY"},
    {0x9e, "OP_NUMNOTEQUAL"},
    {0x9f, "OP_LESSTHAN"},
    {0xa0, "OP_GREATERTHAN"},
    {0xa1, "OP_LESSTHANOREQUAL"},
    {0xa2, "OP_GREATERTHANOREQUAL"},
    {0xa3, "OP_MIN"},
    {0xa4, "OP_MAX"},
    {0xa5, "OP_WITHIN"},
    {0xa6, "OP_RIPEMD160"},
    {0xa7, "OP_SHA1"},
    {0xa8, "OP_SHA256"},
    {0xa9, "OP_HASH160"},
    {0xaa, "OP_HASH256"},
    {0xab, "OP_CODESEPARATOR"},
    {0xac, "OP_CHECKSIG"},
    {0xad, "OP_CHECKSIGVERIFY"},
    {0xae, "OP_CHECKMULTISIG"},
    {0xaf, "OP_CHECKMULTISIGVERIFY"},
    {0xb0, "OP_NOP1"},
    {0xb1, "OP_CHECKLOCKTIMEVERIFY"},
    {0xb2, "OP_CHECKSEQUENCEVERIFY"},
    {0xb3, "OP_NOP4"},
    {0xb4, "OP_NOP5"},
    {0xb5, "OP_NOP6"},
    {0xb6, "OP_NOP7"},
    {0xb7, "OP_NOP8"},
    {0xb8, "OP_NOP9"},
    {0xb9, "OP_NOP10"},
};

// Bitcoin only: the disabled string operations keep their first names.
constexpr Named bitcoin_names[] = {
    {0x7f, "OP_SUBSTR"}, {0x80, "OP_LEFT"}, {0x81, "OP_RIGHT"}, {0xba, "OP_CHECKSIGADD"}, {0xff, "OP_INVALIDOPCODE"},
};

// Bitcoin Cash and what descends from it.
constexpr Named cash_family_names[] = {
    {0x7f, "OP_SPLIT"},
    {0x80, "OP_NUM2BIN"},
    {0x81, "OP_BIN2NUM"},
    {0xba, "OP_CHECKDATASIG"},
    {0xbb, "OP_CHECKDATASIGVERIFY"},
    {0xbc, "OP_REVERSEBYTES"},
    {0xc0, "OP_INPUTINDEX"},
    {0xc1, "OP_ACTIVEBYTECODE"},
    {0xc2, "OP_TXVERSION"},
    {0xc3, "OP_TXINPUTCOUNT"},
    {0xc4, "OP_TXOUTPUTCOUNT"},
    {0xc5, "OP_TXLOCKTIME"},
    {0xc6, "OP_UTXOVALUE"},
    {0xc7, "OP_UTXOBYTECODE"},
    {0xc8, "OP_OUTPOINTTXHASH"},
    {0xc9, "OP_OUTPOINTINDEX"},
    {0xca, "OP_INPUTBYTECODE"},
    {0xcb, "OP_INPUTSEQUENCENUMBER"},
    {0xcc, "OP_OUTPUTVALUE"},
    {0xcd, "OP_OUTPUTBYTECODE"},
};

// Bitcoin Cash only: tokens.
constexpr Named token_names[] = {
    {0xce, "OP_UTXOTOKENCATEGORY"},   {0xcf, "OP_UTXOTOKENCOMMITMENT"},   {0xd0, "OP_UTXOTOKENAMOUNT"},
    {0xd1, "OP_OUTPUTTOKENCATEGORY"}, {0xd2, "OP_OUTPUTTOKENCOMMITMENT"}, {0xd3, "OP_OUTPUTTOKENAMOUNT"},
    {0xff, "OP_INVALIDOPCODE"},
};

// Radiant only: states, refs and code script queries.
constexpr Named radiant_names[] = {
    {0xbd, "OP_STATESEPARATOR"},
    {0xbe, "OP_STATESEPARATORINDEX_UTXO"},
    {0xbf, "OP_STATESEPARATORINDEX_OUTPUT"},
    {0xce, "OP_SHA512_256"},
    {0xcf, "OP_HASH512_256"},
    {0xd0, "OP_PUSHINPUTREF"},
    {0xd1, "OP_REQUIREINPUTREF"},
    {0xd2, "OP_DISALLOWPUSHINPUTREF"},
    {0xd3, "OP_DISALLOWPUSHINPUTREFSIBLING"},
    {0xd4, "OP_REFHASHDATASUMMARY_UTXO"},
    {0xd5, "OP_REFHASHVALUESUM_UTXOS"},
    {0xd6, "OP_REFHASHDATASUMMARY_OUTPUT"},
    {0xd7, "OP_REFHASHVALUESUM_OUTPUTS"},
    {0xd8, "OP_PUSHINPUTREFSINGLETON"},
    {0xd9, "OP_REFTYPE_UTXO"},
    {0xda, "OP_REFTYPE_OUTPUT"},
    {0xdb, "OP_REFVALUESUM_UTXOS"},
    {0xdc, "OP_REFVALUESUM_OUTPUTS"},
    {0xdd, "OP_REFOUTPUTCOUNT_UTXOS"},
    {0xde, "OP_REFOUTPUTCOUNT_OUTPUTS"},
    {0xdf, "OP_REFOUTPUTCOUNTZEROVALUED_UTXOS"},
    {0xe0, "OP_REFOUTPUTCOUNTZEROVALUED_OUTPUTS"},
    {0xe1, "OP_REFDATASUMMARY_UTXO"},
    {0xe2, "OP_REFDATASUMMARY_OUTPUT"},
    {0xe3, "OP_CODESCRIPTHASHVALUESUM_UTXOS"},
    {0xe4, "OP_CODESCRIPTHASHVALUESUM_OUTPUTS"},
    {0xe5, "OP_CODESCRIPTHASHOUTPUTCOUNT_UTXOS"},
    {0xe6, "OP_CODESCRIPTHASHOUTPUTCOUNT_OUTPUTS"},
    {0xe7, "OP_CODESCRIPTHASHZEROVALUEDOUTPUTCOUNT_UTXOS"},
    {0xe8, "OP_CODESCRIPTHASHZEROVALUEDOUTPUTCOUNT_OUTPUTS"},
    {0xe9, "OP_CODESCRIPTBYTECODE_UTXO"},
    {0xea, "OP_CODESCRIPTBYTECODE_OUTPUT"},
    {0xeb, "OP_STATESCRIPTBYTECODE_UTXO"},
    {0xec, "OP_STATESCRIPTBYTECODE_OUTPUT"},
    {0xed, "OP_PUSH_TX_STATE"},
    {0xee, "OP_BLAKE3"},
    {0xef, "OP_K12"},
    {0xff, "OP_INVALIDOPCODE"},
};

using Names = std::array<std::string_view, 256>;

template <std::size_t N>
constexpr void add_names(Names& names, const Named (&table)[N]) {
  for (const Named& named : table) names[named.opcode] = named.name;
}

constexpr Names make_bitcoin() {
  Names names{};
  add_names(names, shared_names);
  add_names(names, bitcoin_names);
  return names;
}

constexpr Names make_cash() {
  Names names{};
  add_names(names, shared_names);
  add_names(names, cash_family_names);
  add_names(names, token_names);
  return names;
}

constexpr Names make_radiant() {
  Names names{};
  add_names(names, shared_names);
  add_names(names, cash_family_names);
  add_names(names, radiant_names);
  return names;
}

constexpr Names bitcoin_table = make_bitcoin();
constexpr Names cash_table = make_cash();
constexpr Names radiant_table = make_radiant();

}  // namespace

std::string_view radiant_opcode_name(std::uint8_t opcode) noexcept { return radiant_table[opcode]; }

std::string_view bitcoin_opcode_name(std::uint8_t opcode, chain::Coin coin) noexcept {
  return coin == chain::Coin::bitcoin ? bitcoin_table[opcode] : cash_table[opcode];
}

}  // namespace sluice::serve

// expect: conversion from .* to non-scalar type|could not convert|cannot convert
// Bytes become an identifier only by a named call.
#include "base/hash256.h"

sluice::Txid use(const std::byte* at) {
#ifdef SLUICE_MISTAKE
  sluice::Txid txid = at;
  return txid;
#else
  return sluice::Txid::from_bytes(at);
#endif
}

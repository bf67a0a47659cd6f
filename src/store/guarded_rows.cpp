#include "store/guarded_rows.h"

namespace sluice::store {
namespace {

class GuardedRows final : public rocksdb::Iterator {
 public:
  GuardedRows(std::unique_ptr<rocksdb::Iterator> rows, ReadGuard guard) : rows_(std::move(rows)), guard_(guard) {}

  bool Valid() const override { return rows_->Valid() && guard_.held(); }
  void SeekToFirst() override { rows_->SeekToFirst(); }
  void SeekToLast() override { rows_->SeekToLast(); }
  void Seek(const rocksdb::Slice& key) override { rows_->Seek(key); }
  void SeekForPrev(const rocksdb::Slice& key) override { rows_->SeekForPrev(key); }
  void Next() override { rows_->Next(); }
  void Prev() override { rows_->Prev(); }
  rocksdb::Slice key() const override { return rows_->key(); }
  rocksdb::Slice value() const override { return rows_->value(); }
  rocksdb::Status status() const override { return guard_.held() ? rows_->status() : guard_.status(); }

 private:
  std::unique_ptr<rocksdb::Iterator> rows_;
  ReadGuard guard_;
};

}  // namespace

std::unique_ptr<rocksdb::Iterator> guard_rows(std::unique_ptr<rocksdb::Iterator> rows, ReadGuard guard) {
  return std::make_unique<GuardedRows>(std::move(rows), guard);
}

}  // namespace sluice::store

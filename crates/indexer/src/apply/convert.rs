//! The contract's numbers as columns hold them.

use linkpool_contracts::pool::Stream;
use linkpool_db::event::EventRow;

/// 96- and 40-bit values of the contract, which always fit.
pub(super) fn amount(value: alloy::primitives::Uint<96, 2>) -> Option<u128> {
    Some(value.to())
}

pub(super) fn time(value: alloy::primitives::Uint<40, 1>) -> Option<i64> {
    Some(value.to())
}

pub(super) fn stream(stream: &Stream, row: &mut EventRow) {
    row.after_node.acc_per_share = Some(stream.accPerShare);
    row.after_node.unvested = amount(stream.unvested);
    row.after_node.vest_end = time(stream.vestEnd);
    row.after_node.last_update = time(stream.lastUpdate);
}

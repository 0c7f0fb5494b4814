//! Retirements that the pool's owner has announced. What waits goes before one can be carried out, by transactions of its own: whoever may carry it
//! out needs not know of it.

use std::{collections::HashSet, time::Duration};

use alloy::sol_types::SolCall;
use linkpool_contracts::pool::retireNodeCall;
use linkpool_db::Database;
use linkpool_primitives::{Address, parse_address};
use serde_json::Value;

use crate::Result;

/// The wallets of the nodes whose retirement can be carried out by `now` and `lead` later. Without an index there are none.
pub(crate) async fn retiring(database: &Database, pool: Address, (now, lead): (u64, Duration)) -> Result<HashSet<Address>> {
    let soon = now.saturating_add(lead.as_secs());
    let open = database.open_announcements().await?;
    let due = open.iter().filter(|announced| announced.is_owner && announced.ready_at <= soon);
    Ok(due.flat_map(|announced| retired_by(&announced.calls, pool)).collect())
}

/// The nodes that an operation's calls retire, as the indexer has read them.
fn retired_by(calls: &Value, pool: Address) -> Vec<Address> {
    let address = |text: &Value| parse_address(text.as_str()?).ok();
    let retires = |call: &&Value| call["function"] == retireNodeCall::SIGNATURE && address(&call["target"]) == Some(pool);
    let calls = calls.as_array().map(Vec::as_slice).unwrap_or_default();
    calls.iter().filter(retires).filter_map(|call| address(&call["arguments"][0]["value"])).collect()
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;
    use linkpool_contracts::announced;
    use linkpool_primitives::checksum;
    use serde_json::json;

    use super::*;

    #[test]
    fn of_a_batch_the_retirements_by_this_pool_count_and_nothing_else() {
        let (pool, wallet, other) = (Address::repeat_byte(1), Address::repeat_byte(2), Address::repeat_byte(3));
        let call = |target: Address, data: &[u8]| {
            let read = announced(pool, other, target, data);
            json!({ "target": checksum(&target), "function": read.function, "arguments": read.arguments })
        };
        let retire = retireNodeCall { node: wallet, index: U256::from(7) }.abi_encode();
        let calls = json!([call(pool, &retire), call(other, &retire), call(pool, &[1, 2, 3, 4])]);
        assert_eq!(retired_by(&calls, pool), [wallet]);
        assert!(retired_by(&Value::Null, pool).is_empty());
    }
}

//! What a node was asked, what it answered and what that has brought, day by day.

use linkpool_primitives::Address;

use super::Snapshot;
use crate::{Result, column::row, statement::args};

pub const DAY_SECONDS: u64 = 86_400;

row! {
    /// The requests of some time, by how they stand. Those that an answer is due to are `requests`; others name no job of the node, pay too little or come from
    /// somebody who may not ask.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    Earnings {
        /// Unix seconds.
        starts_at: u64,
        requests: u64,
        answered: u64,
        /// Of the answered: when their consumers could have taken the payment back.
        late: u64,
        /// Whose consumers have taken the payment back.
        refunded: u64,
        /// Unanswered, and their consumers may take the payment back.
        missing: u64,
        /// Unanswered, and there is time left.
        open: u64,
        others: u64,
        others_answered: u64,
        /// Juels of all that were answered, whatever they name.
        earned: u128,
    }
}

/// Where what a node earns comes to the pool from: its Operators, and its own contract as far as somebody has looked there.
const SOURCES: &str = "(select contract from followed_contract where kind = 'operator' and node = $1
    union all select source from earnings_source where wallet = $1 and kind = 'plain')";

/// What is due is looked up once for each request: hence the `offset`. `$1` the node, `$2` the block, `$3` its time, `$4` and `$5` from when to when.
const COUNTED: &str = "count(*) filter (where is_due) as requests,
    count(*) filter (where is_due and ended = 'answered') as answered,
    count(*) filter (where is_due and ended = 'answered' and ended_time >= expires_at) as late,
    count(*) filter (where is_due and ended = 'refunded') as refunded,
    count(*) filter (where is_due and ended is null and expires_at <= $3) as missing,
    count(*) filter (where is_due and ended is null and expires_at > $3) as open,
    count(*) filter (where not is_due) as others,
    count(*) filter (where not is_due and ended = 'answered') as others_answered,
    coalesce(sum(payment) filter (where ended = 'answered'), 0)::numeric as earned
    from (select r.block_time, r.is_due, r.payment, r.expires_at, r.ended_time, case when r.ended_block <= $2 then r.ended end as ended
            from oracle_request r where r.node = $1 and r.block_number <= $2 and r.block_time >= $4 and r.block_time < $5 offset 0) request";

impl Snapshot {
    /// The days within `from..to` in which a node was asked anything, oldest first.
    pub async fn earnings_by_day(&mut self, node: &Address, from: u64, to: u64) -> Result<Vec<Earnings>> {
        let select = format!("select block_time - block_time % {DAY_SECONDS} as starts_at, {COUNTED} group by 1 order by 1");
        let block = self.block();
        self.all(select, args![node, block.number, block.timestamp, seconds(from), seconds(to)]).await
    }

    /// All requests of a node since a time.
    pub async fn earnings_since(&mut self, node: &Address, from: u64) -> Result<Earnings> {
        let select = format!("select $4 as starts_at, {COUNTED}");
        let (block, end) = (self.block(), seconds(u64::MAX));
        self.one(select, args![node, block.number, block.timestamp, seconds(from), end]).await
    }

    /// Juels that answered requests have paid since the node is there.
    pub async fn earned(&mut self, node: &Address) -> Result<u128> {
        let select = "select coalesce(sum(payment), 0)::numeric from oracle_request
              where node = $1 and ended = 'answered' and ended_block <= $2";
        let block = self.block().number;
        self.one(select, args![node, block]).await
    }

    /// Juels that were passed on of what a node has earned, by the day in which they came to the pool, within `from..to`.
    pub async fn passed_on_by_day(&mut self, node: &Address, from: u64, to: u64) -> Result<Vec<(u64, u128)>> {
        let select = format!(
            "select block_time - block_time % {DAY_SECONDS}, sum(amount)::numeric from event
              where node = $1 and kind = 'RewardDeposited' and block_number <= $2 and block_time >= $3 and block_time < $4 and account in {SOURCES}
              group by 1 order by 1"
        );
        let block = self.block();
        self.all(select, args![node, block.number, seconds(from), seconds(to)]).await
    }

    /// Wei that the node's wallet has paid for its answers, as far as somebody has read it, by the day in which they were mined, within `from..to`.
    pub async fn fees_by_day(&mut self, node: &Address, from: u64, to: u64) -> Result<Vec<(u64, u128)>> {
        let select = format!(
            "select block_time - block_time % {DAY_SECONDS}, sum(wei)::numeric from (
                 select distinct e.transaction_hash, e.block_time, a.wei
                   from contract_event e join followed_contract f on f.contract = e.contract and f.kind = 'operator' and f.fill_block is null
                   join answer_fee a on a.transaction_hash = e.transaction_hash
                  where f.node = $1 and a.payer = $1 and e.kind = 'OracleResponse'
                    and e.block_number <= $2 and e.block_time >= $3 and e.block_time < $4) paid
              group by 1 order by 1"
        );
        let block = self.block();
        self.all(select, args![node, block.number, seconds(from), seconds(to)]).await
    }

    /// When a node was first asked anything; `None` where it never was, and for one without an Operator.
    pub async fn first_request(&mut self, node: &Address) -> Result<Option<u64>> {
        let select = "select block_time from oracle_request where node = $1 and block_number <= $2 order by block_time limit 1";
        let block = self.block().number;
        self.maybe(select, args![node, block]).await
    }
}

fn seconds(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

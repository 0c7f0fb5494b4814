//! What follows for one place from what was seen of it.

use alloy::primitives::U256;
use linkpool_chain::{Chain, Draft, Error as ChainError};
use linkpool_contracts::refusal;
use linkpool_db::{
    Database,
    earnings::{EarningsSource, SourceKind},
};
use linkpool_primitives::{Address, BlockRef, Juels};
use linkpool_tx_manager::{Account, NewTransactionRequest, TransactionKind, said};

use crate::{
    Due, EarningsConfig, Price, Result, Rules, Worth,
    due::{Waiting, due, worth},
    operator::juels,
    progress::{HOUR, Progress, name, open_pass, progress},
    source::{Sighting, Step},
    verdict::{Sending, Verdict},
};

/// For so long a take-over may be on its way, or not final, before it is taken for lost and another begun.
const PENDING_HOURS: u64 = 24;

/// One look's surroundings.
pub(crate) struct Pass<'a> {
    pub config: &'a EarningsConfig,
    pub chain: &'a Chain,
    pub database: &'a Database,
    pub account: Account,
    /// The final block.
    pub block: BlockRef,
    pub price: &'a Price,
    /// Wei for a unit of gas.
    pub price_wei: u128,
    /// Whether time, gas and the least amount do not count.
    pub is_forced: bool,
    /// What is kept of the places that were not met yet.
    pub known: Vec<EarningsSource>,
}

impl Pass<'_> {
    /// What is to be kept of a place, and what to do about it.
    pub async fn decide(&mut self, sighting: &Sighting) -> Result<(EarningsSource, Verdict)> {
        let mut row = self.row_of(sighting);
        let before = name(&self.account, sighting, Step::Pass, row.passed_block, self.block.timestamp);
        let passing = match progress(self.database, &before).await? {
            Progress::Done { block, .. } => {
                row.passed_block = Some(block);
                row.passed_at = Some(self.time_of(block).await?);
                row.waiting_since = None;
                let next = name(&self.account, sighting, Step::Pass, row.passed_block, self.block.timestamp);
                progress(self.database, &next).await?
            }
            other => other,
        };
        merge(&mut row, sighting, &self.block, &self.config.rules);
        let verdict = self.verdict(sighting, &mut row, passing).await?;
        Ok((row, verdict))
    }

    fn row_of(&mut self, sighting: &Sighting) -> EarningsSource {
        let is_it =
            |row: &EarningsSource| (row.wallet, row.kind, row.source) == (sighting.node.wallet, sighting.kind, sighting.source);
        match self.known.iter().position(is_it) {
            Some(found) => self.known.swap_remove(found),
            None => EarningsSource::new(sighting.node.wallet, sighting.kind, sighting.source),
        }
    }

    /// A block that is not there any more was reorganised away, and what it held comes again.
    async fn time_of(&self, number: u64) -> Result<u64> {
        let header = self.chain.header(number).await?;
        Ok(header.map_or(self.block.timestamp, |header| header.block.timestamp))
    }

    async fn verdict(&self, sighting: &Sighting, row: &mut EarningsSource, passing: Progress) -> Result<Verdict> {
        let stays = |why: String| Ok(Verdict::Stays(why));
        if let Some(trouble) = sighting.trouble.as_ref().filter(|trouble| trouble.blocks()) {
            return stays(trouble.sentence.clone());
        }
        if sighting.is_unnamed && !sighting.must_take {
            return Ok(Verdict::Name);
        }
        let due = self.due(sighting, row);
        let (step, progress) = match sighting.step(matches!(due, Due::IfWorthIt | Due::Now)) {
            None => return stays(self.why_not(due)),
            Some(Step::Pass) => (Step::Pass, passing),
            Some(Step::Take) => (Step::Take, self.taking(sighting).await?),
            Some(step) => {
                let name = name(&self.account, sighting, step, None, self.block.timestamp);
                (step, progress(self.database, &name).await?)
            }
        };
        let key = match progress {
            Progress::Free { key } => key,
            Progress::UnderWay { id } => return Ok(Verdict::UnderWay { id }),
            Progress::Done { .. } => return stays("done; it is looked at again when that is final".into()),
            Progress::Exhausted => {
                return stays("so many transactions have failed that a person must look: `linkpool tx list`".into());
            }
        };
        // What was passed on lies above the final block still, where it waits.
        if step == Step::Pass && row.passed_block.is_some_and(|passed| passed > self.block.number) {
            return stays("it was passed on; it is looked at again when that is final".into());
        }
        // The one before this was in a block, which a reorg took: it passes on what still waits as soon as another block has it.
        if step == Step::Pass
            && let Some(id) = open_pass(self.database, &self.account, sighting).await?
        {
            return Ok(Verdict::UnderWay { id });
        }
        self.tried(sighting, row, (step, key), due).await
    }

    /// How far taking over is in this hour; or in one before it, where that is not final yet.
    async fn taking(&self, sighting: &Sighting) -> Result<Progress> {
        let at = async |time| progress(self.database, &name(&self.account, sighting, Step::Take, None, time)).await;
        for hours in 1..=PENDING_HOURS {
            let earlier = at(self.block.timestamp.saturating_sub(hours * HOUR)).await?;
            let is_open = match earlier {
                Progress::UnderWay { .. } => true,
                Progress::Done { block, .. } => block > self.block.number,
                Progress::Free { .. } | Progress::Exhausted => false,
            };
            if is_open {
                return Ok(earlier);
            }
        }
        at(self.block.timestamp).await
    }

    fn due(&self, sighting: &Sighting, row: &EarningsSource) -> Due {
        if self.is_forced {
            return if sighting.waiting > 0 { Due::Now } else { Due::Dust };
        }
        let waiting = Waiting {
            juels: sighting.waiting,
            passed_at: row.passed_at,
            since: row.waiting_since,
            is_leaving: sighting.node.is_ending,
            now: self.block.timestamp,
        };
        due(waiting, &self.config.rules)
    }

    /// A sentence about what waits longer.
    fn why_not(&self, due: Due) -> String {
        let least = Juels(self.config.rules.least_juels).to_link();
        match due {
            Due::Dust if self.is_forced => "nothing waits".into(),
            Due::Dust => format!("less waits than the least amount, {least} LINK"),
            Due::Recently => "it was passed on not long ago".into(),
            Due::IfWorthIt | Due::Now => "nothing has to be done".into(),
        }
    }

    /// Tries the call on the newest state, from the account that would make it.
    async fn tried(
        &self,
        sighting: &Sighting,
        row: &mut EarningsSource,
        (step, key): (Step, String),
        due: Due,
    ) -> Result<Verdict> {
        let (to, data) = sighting.call(step, self.config.factory);
        let (answer, gas) = match self.simulated(to, &data).await {
            Ok(tried) => tried,
            Err(ChainError::Reverted { message, data }) => {
                let sentence = refused(step, said(&message, refusal(&data)));
                row.trouble = Some(sentence.clone());
                return Ok(Verdict::Stays(sentence));
            }
            Err(error) => return Err(error.into()),
        };
        let cost_wei = self.price_wei.saturating_mul(gas.into());
        if step == Step::Pass {
            // Somebody may have passed it on since the final block: anybody may.
            let moves = U256::try_from_be_slice(&answer).map_or(0, juels);
            if moves == 0 || (moves < self.config.rules.least_juels && !self.is_forced) {
                return Ok(Verdict::Stays("somebody has passed it on already".into()));
            }
            if let (Due::IfWorthIt, Some(why)) = (due, self.too_dear(moves, cost_wei)) {
                return Ok(Verdict::Stays(why));
            }
        }
        let request = NewTransactionRequest::call(TransactionKind::Earnings, to, data);
        Ok(Verdict::Send(Sending { step, key, request, gas, cost_wei }))
    }

    /// What it would answer, and its gas.
    async fn simulated(&self, to: Address, data: &[u8]) -> linkpool_chain::Result<(Vec<u8>, u64)> {
        let from = self.account.address;
        let answer = self.chain.simulate(from, to, data.to_vec()).await?;
        Ok((answer, self.chain.estimate_gas(Draft { from, to: Some(to), value_wei: 0, data }).await?))
    }

    fn too_dear(&self, juels: u128, cost_wei: u128) -> Option<String> {
        let rules = &self.config.rules;
        match (worth(juels, cost_wei, self.price, rules), self.price) {
            (Worth::Yes { .. } | Worth::NotAsked, _) => None,
            (Worth::No { cost_juels }, _) => Some(format!(
                "its gas costs {} LINK now, more than {} % of it: it waits for cheaper gas, {} days at most",
                Juels(cost_juels).to_link(),
                rules.max_cost_percent,
                rules.latest.as_secs() / 86_400
            )),
            (Worth::Unknown, Price::Unknown(why)) => Some(format!("{why}: it waits until it has waited longest")),
            (Worth::Unknown, Price::Known { .. } | Price::NotAsked) => Some("a LINK is worth nothing, by the settings".into()),
        }
    }
}

/// What is new about a place.
fn merge(row: &mut EarningsSource, sighting: &Sighting, block: &BlockRef, rules: &Rules) {
    let now = block.timestamp;
    let is_enough = sighting.waiting > 0 && sighting.waiting >= rules.least_juels && !sighting.node.is_retired();
    let is_seen = row.passed_block.is_none_or(|passed| passed <= block.number);
    row.waiting_since = (is_enough && is_seen).then(|| row.waiting_since.unwrap_or(now));
    // One request of a stranger that nobody has to answer is no sign.
    let waits_for_answers = sighting.kind == SourceKind::Operator
        && sighting.unanswered > 0
        && sighting.unanswered >= rules.least_juels
        && sighting.nonce == row.nonce
        && row.block_number > 0;
    row.silent_since = waits_for_answers.then(|| row.silent_since.unwrap_or(now));
    (row.block_number, row.waiting, row.unanswered, row.nonce) =
        (block.number, sighting.waiting, sighting.unanswered, sighting.nonce);
    row.trouble = sighting.trouble.as_ref().map(|trouble| trouble.sentence.clone());
}

fn refused(step: Step, reason: String) -> String {
    match step {
        Step::Take => format!(
            "the Operator can't be taken over: {reason}; a wallet whose key somebody else has can bring that about, and then the node has to be retired"
        ),
        Step::Create | Step::Pass | Step::Make | Step::Release => format!("it can't be passed on: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use linkpool_primitives::{B256, JUELS_PER_LINK, NodeStatus};

    use super::*;
    use crate::source::Node;

    fn sighting(waiting: u128, unanswered: u128, nonce: u64) -> Sighting {
        let address = Address::ZERO;
        let node = Node {
            id: String::new(),
            wallet: address,
            contract: address,
            is_made: true,
            status: NodeStatus::Active,
            is_ending: false,
        };
        let kind = SourceKind::Operator;
        Sighting { node, kind, source: address, waiting, unanswered, nonce, trouble: None, must_take: false, is_unnamed: false }
    }

    fn block(number: u64) -> BlockRef {
        BlockRef { number, hash: B256::ZERO, timestamp: 1_000 + number }
    }

    #[test]
    fn what_waits_is_counted_from_when_it_was_enough_and_anew_once_it_was_passed_on() {
        let (rules, mut row) = (Rules::default(), EarningsSource::new(Address::ZERO, SourceKind::Operator, Address::ZERO));
        let since = |row: &mut EarningsSource, number, waiting| {
            merge(row, &sighting(waiting, 0, 0), &block(number), &rules);
            row.waiting_since
        };
        assert_eq!(since(&mut row, 1, JUELS_PER_LINK - 1), None);
        assert_eq!([since(&mut row, 2, JUELS_PER_LINK), since(&mut row, 3, 2 * JUELS_PER_LINK)], [Some(1_002); 2]);
        // Passed on in block 9, which is not final: it still waits at block 5, and that counts no more.
        (row.passed_block, row.waiting_since) = (Some(9), None);
        assert_eq!(since(&mut row, 5, 2 * JUELS_PER_LINK), None);
        assert_eq!(since(&mut row, 10, JUELS_PER_LINK), Some(1_010));
    }

    #[test]
    fn a_node_is_silent_while_requests_wait_and_its_wallet_sends_nothing() {
        let (rules, mut row) = (Rules::default(), EarningsSource::new(Address::ZERO, SourceKind::Operator, Address::ZERO));
        let silent = |row: &mut EarningsSource, number, unanswered, nonce| {
            merge(row, &sighting(0, unanswered, nonce), &block(number), &rules);
            row.silent_since
        };
        assert_eq!(silent(&mut row, 1, JUELS_PER_LINK, 7), None, "the first look knows nothing of before");
        assert_eq!([silent(&mut row, 2, JUELS_PER_LINK, 7), silent(&mut row, 3, JUELS_PER_LINK, 7)], [Some(1_002); 2]);
        assert_eq!(silent(&mut row, 4, JUELS_PER_LINK, 8), None, "it has sent something");
        assert_eq!(silent(&mut row, 5, 1, 8), None, "a stranger's juel is no work");
    }
}

//! What the pool's owner announces, on a real chain with OpenZeppelin's timelock: told in words, taken back with its block, equal to the timelock; and
//! an owner that comes late, with all that it ever announced.

use std::time::Duration;

use linkpool_contracts::pool::{acceptOwnershipCall, setFeeCall, setRolesCall, transferOwnershipCall};
use linkpool_db::read::{AnnouncementFilter, AnnouncementRecord};
use linkpool_indexer::{Subject, repair};
use linkpool_primitives::{Address, AnnouncementState, checksum};
use linkpool_testkit::{Fault, Proxy, until};

use crate::fixture::{Fixture, WAIT_TIMEOUT};

/// The least that an owner of the pool waits.
const TIMELOCK_DELAY: Duration = Duration::from_secs(28 * 86_400);
/// A call that is sent has a block, and one that is mined after it.
const SENT: u64 = 2;
const FEE: setFeeCall = setFeeCall { feeBps: 425 };

impl Fixture {
    /// Oldest first.
    async fn announced(&self) -> Vec<AnnouncementRecord> {
        let filter = AnnouncementFilter { limit: 100, ..AnnouncementFilter::default() };
        let mut all = self.database.snapshot().await.unwrap().unwrap().announcements(&filter).await.unwrap();
        all.reverse();
        all
    }

    async fn states(&self) -> Vec<(String, AnnouncementState)> {
        self.announced().await.iter().map(|of| (of.description(), of.state)).collect()
    }

    /// Nothing is left to be filled.
    async fn whole(&self) {
        until("every followed contract is whole", WAIT_TIMEOUT, async || {
            self.database.followed().await.unwrap().contracts.iter().all(|of| of.fill.is_none())
        })
        .await;
    }

    async fn followed(&self) -> Vec<Address> {
        let mut all: Vec<Address> = self.database.followed().await.unwrap().contracts.iter().map(|of| of.contract).collect();
        all.sort_unstable();
        all
    }

    /// The pool passes to another timelock, which has announced before that it would take it.
    async fn pass_on(&self) -> Address {
        let (chain, accounts, contracts) = (&self.chain, &self.accounts, &self.contracts);
        let timelock = contracts.another_timelock(chain, accounts).await.unwrap();
        contracts.announce_at(chain, accounts, timelock, &acceptOwnershipCall {}).await.unwrap();
        chain.advance_time(TIMELOCK_DELAY).await.unwrap();
        chain.mine(1).await.unwrap();
        self.caught_up().await;
        contracts.as_owner(chain, &transferOwnershipCall { newOwner: timelock }).await.unwrap();
        contracts.execute_at(chain, accounts, timelock, &acceptOwnershipCall {}).await.unwrap();
        timelock
    }
}

#[tokio::test]
async fn what_the_owner_announces_is_told_in_words_and_goes_with_its_block() {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    let (chain, accounts, contracts) = (&fixture.chain, &fixture.accounts, &fixture.contracts);
    let told = |state| [("set the maker fee to 4.25 %".to_owned(), state)];
    fixture.caught_up().await;
    assert_eq!(fixture.followed().await, [contracts.timelock], "from the start");
    contracts.announce(chain, accounts, &FEE).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(fixture.states().await, told(AnnouncementState::Waiting));
    let announced = fixture.announced().await.remove(0);
    assert!(announced.is_owner && announced.ready_at == announced.block_time + TIMELOCK_DELAY.as_secs(), "{announced:?}");
    assert_eq!(announced.calls[0]["arguments"][0]["value"], "425");
    // Its block goes, and with it the schedule.
    chain.reorg(SENT).await.unwrap();
    chain.mine(1).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(fixture.states().await, []);
    let operation = contracts.announce(chain, accounts, &FEE).await.unwrap();
    contracts.cancel(chain, accounts, operation).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(fixture.states().await, told(AnnouncementState::Cancelled));
    // So does a cancellation.
    chain.reorg(SENT).await.unwrap();
    chain.mine(1).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(fixture.states().await, told(AnnouncementState::Waiting));
    chain.advance_time(TIMELOCK_DELAY).await.unwrap();
    chain.mine(1).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(fixture.states().await, told(AnnouncementState::Ready));
    contracts.execute(chain, accounts, &FEE).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(fixture.states().await, told(AnnouncementState::Done));
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn an_operation_that_was_cancelled_and_is_scheduled_again_is_announced_twice() {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    let (chain, accounts, contracts) = (&fixture.chain, &fixture.accounts, &fixture.contracts);
    let call = setRolesCall { account: accounts.guardian, roles: 6 };
    let operation = contracts.announce(chain, accounts, &call).await.unwrap();
    contracts.cancel(chain, accounts, operation).await.unwrap();
    contracts.announce(chain, accounts, &call).await.unwrap();
    fixture.assert_equal().await;
    let words = format!("give {} the roles guardian and slasher, and no other", checksum(&accounts.guardian));
    assert_eq!(fixture.states().await, [(words.clone(), AnnouncementState::Cancelled), (words, AnnouncementState::Waiting)]);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn an_owner_that_comes_late_is_there_with_all_that_it_ever_announced_and_goes_with_the_block_that_made_it_one() {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    let (chain, contracts) = (&fixture.chain, &fixture.contracts);
    let timelock = fixture.pass_on().await;
    fixture.caught_up().await;
    fixture.whole().await;
    fixture.assert_equal().await;
    let mut both = [contracts.timelock, timelock];
    both.sort_unstable();
    assert_eq!(fixture.followed().await, both);
    let all = fixture.announced().await;
    let [accepted] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((accepted.contract, accepted.is_owner, accepted.state), (timelock, true, AnnouncementState::Done));
    // A stake beside it shows that nothing else was taken back or left out.
    fixture.stake(0, 10).await;
    fixture.assert_equal().await;
    // The stake's block, and those of the call by which the pool passed on.
    chain.reorg(1 + SENT).await.unwrap();
    chain.mine(1).await.unwrap();
    fixture.assert_equal().await;
    assert_eq!(fixture.followed().await, [contracts.timelock]);
    assert_eq!(fixture.announced().await, []);
    contracts.execute_at(chain, &fixture.accounts, timelock, &acceptOwnershipCall {}).await.unwrap();
    fixture.caught_up().await;
    fixture.whole().await;
    fixture.assert_equal().await;
    assert_eq!(fixture.announced().await.len(), 1);
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn an_owner_of_whom_old_final_blocks_tell_is_filled_from_the_first_and_a_kill_in_between_costs_nothing() {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    let (chain, accounts, contracts) = (&fixture.chain, &fixture.accounts, &fixture.contracts);
    let timelock = contracts.another_timelock(chain, accounts).await.unwrap();
    contracts.announce_at(chain, accounts, timelock, &FEE).await.unwrap();
    // Far more than lie between a final block and one that is read by links.
    chain.mine(400).await.unwrap();
    fixture.caught_up().await;
    contracts.announce_at(chain, accounts, timelock, &setFeeCall { feeBps: 1 }).await.unwrap();
    contracts.announce_at(chain, accounts, timelock, &acceptOwnershipCall {}).await.unwrap();
    chain.advance_time(TIMELOCK_DELAY).await.unwrap();
    chain.mine(1).await.unwrap();
    contracts.as_owner(chain, &transferOwnershipCall { newOwner: timelock }).await.unwrap();
    // Every range takes a while, so that the fill takes some.
    let slow = Proxy::start(fixture.anvil.port()).await.unwrap();
    slow.set(Fault::Latency(Duration::from_millis(100)).on("eth_getLogs"));
    indexer.stop().await.unwrap();
    let endpoint = linkpool_chain::Endpoint::new(slow.http_url()).unwrap().patient();
    let through = linkpool_chain::Chain::connect(&endpoint, None).await.unwrap();
    let indexer = fixture.index_through(through.clone()).await;
    contracts.execute_at(chain, accounts, timelock, &acceptOwnershipCall {}).await.unwrap();
    let done = async || {
        let followed = fixture.database.followed().await.unwrap();
        followed.contracts.iter().find(|of| of.contract == timelock).map(|of| of.fill.map(|fill| fill.done))
    };
    let deploy_block = contracts.deploy_block;
    until("the fill has begun", WAIT_TIMEOUT, async || {
        done().await.is_some_and(|done| done.is_none_or(|done| done > deploy_block))
    })
    .await;
    let before = done().await;
    indexer.abort();
    assert!(matches!(before, Some(Some(_))), "the fill has ended before it was cut off: {before:?}");
    assert_eq!(fixture.announced().await, [], "nothing is seen of it before it is whole");
    let indexer = fixture.index_through(through).await;
    fixture.caught_up().await;
    fixture.whole().await;
    fixture.assert_equal().await;
    let words: Vec<String> = fixture.announced().await.iter().map(AnnouncementRecord::description).collect();
    assert_eq!(
        words,
        ["set the maker fee to 4.25 %", "set the maker fee to 0.01 %", "accept the pool, which its owner has offered"]
    );
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn a_log_of_the_timelock_that_was_withheld_is_found_when_its_block_is_final() {
    let fixture = Fixture::set().await;
    let liar = Proxy::start(fixture.anvil.port()).await.unwrap();
    let endpoint = linkpool_chain::Endpoint::new(liar.http_url()).unwrap().patient();
    let chain = linkpool_chain::Chain::connect(&endpoint, None).await.unwrap();
    let indexer = fixture.index_through(chain).await;
    fixture.caught_up().await;
    // Without blooms nothing promises the log.
    liar.set(Fault::HeadersWithout("logsBloom"));
    liar.set(Fault::EmptyLogs);
    fixture.contracts.announce(&fixture.chain, &fixture.accounts, &FEE).await.unwrap();
    fixture.caught_up().await;
    assert_eq!(fixture.announced().await, [], "it was withheld");
    let found = fixture.verified().await;
    assert!(found.differences.iter().any(|one| matches!(one.subject, Subject::Event(..))), "{:?}", found.differences);
    liar.clear();
    fixture.chain.mine(40).await.unwrap();
    until("the log is there", WAIT_TIMEOUT, async || !fixture.announced().await.is_empty()).await;
    fixture.assert_equal().await;
    indexer.stop().await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_with_an_announcement_is_found_and_mended() {
    let fixture = Fixture::set().await;
    let indexer = fixture.index().await;
    let (chain, accounts, contracts) = (&fixture.chain, &fixture.accounts, &fixture.contracts);
    let operation = contracts.announce(chain, accounts, &FEE).await.unwrap();
    contracts.cancel(chain, accounts, operation).await.unwrap();
    contracts.announce(chain, accounts, &setFeeCall { feeBps: 1 }).await.unwrap();
    fixture.assert_equal().await;
    indexer.stop().await.unwrap();
    for planted in [
        "delete from contract_event where kind = 'Cancelled'",
        "delete from contract_event where kind = 'CallScheduled'",
        "update contract_event set detail = jsonb_set(detail, '{description}', '\"nothing\"') where kind = 'CallScheduled'",
        "update contract_event set operation = sha256('x') where kind = 'CallScheduled'",
    ] {
        fixture.plant(planted).await;
        let found = fixture.verified().await;
        assert!(!found.is_equal(), "{planted}");
        repair(&fixture.chain, &fixture.database, contracts.pool, &found).await.unwrap();
        assert_eq!(fixture.verified().await.differences, [], "{planted}");
    }
    // What the logs do not give away, the timelock does: as if the cancellation had never been told.
    fixture.plant("delete from contract_event where kind = 'Cancelled'").await;
    let since = fixture.database.cursor().await.unwrap().unwrap().block.number;
    let scope = linkpool_indexer::Scope::Sample { rows: 10, since };
    let found = linkpool_indexer::verify_within(chain, &fixture.database, contracts.pool, scope).await.unwrap().unwrap();
    assert!(found.differences.iter().any(|one| matches!(one.subject, Subject::Operation(..))), "{:?}", found.differences);
    repair(&fixture.chain, &fixture.database, contracts.pool, &found).await.unwrap();
    assert_eq!(fixture.verified().await.differences, []);
}

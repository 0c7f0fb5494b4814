//! Events whose first one is missing at every endpoint: what there is of them is written, and what would be half a row is not.

use linkpool_db::{
    columns::{NodeFields, PoolFields, PositionFields, TicketFields},
    event::EventRow,
};
use linkpool_primitives::{Address, EventKind};

use crate::read::{batch, block, followed};

/// On a node that nobody registered: a reward, a claim by somebody who never staked, and all of a stake going.
fn events() -> Vec<EventRow> {
    let node = Some(Address::repeat_byte(1));
    let staker = Some(Address::repeat_byte(2));
    let after_node = NodeFields { assets: Some(7), active_shares: Some(0), ..NodeFields::default() };
    let after_pool = PoolFields { accounted: Some(7), ..PoolFields::default() };
    let reward = EventRow { node, amount: Some(7), after_node, after_pool, ..EventRow::new(EventKind::RewardDeposited) };
    let after_position = PositionFields { position_debt: Some(3), position_shares: None };
    let claim = EventRow { node, staker, amount: Some(1), after_position, ..EventRow::new(EventKind::RewardClaimed) };
    let after_position = PositionFields { position_debt: Some(0), position_shares: Some(0) };
    let after_ticket = TicketFields { ticket_shares: Some(5), ready_at: Some(1) };
    let unbonded = EventRow {
        kind: EventKind::Unbonded,
        node,
        staker,
        ticket: Some(0),
        shares: Some(5),
        after_position,
        after_ticket,
        ..claim.clone()
    };
    vec![reward, claim, unbonded]
}

#[tokio::test]
async fn a_batch_whose_first_events_are_missing_is_written_and_replaced() {
    let (_test_database, database) = followed().await;
    let (start, first, second, other) = (block(10, 1), block(11, 1), block(12, 1), block(12, 2));
    database.append(&start, &batch(start, first, 10, events())).await.unwrap();
    database.append(&first, &batch(first, second, 10, events())).await.unwrap();
    database.replace(&second, &first, &batch(first, other, 10, events())).await.unwrap();
    assert_eq!(database.cursor().await.unwrap().unwrap().block, other);
    assert_eq!(database.resume().await.unwrap().unwrap().last.nodes.len(), 0, "half a node is none");
}

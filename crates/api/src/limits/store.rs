//! What the limiter remembers of each client, bounded.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use governor::{nanos::Nanos, state::StateStore};

use super::Client;

/// Clients remembered at most, in about 3 MB.
const MAX_CLIENTS: usize = 50_000;

/// For each client, when it will have earned back all it has used: one point in time, which is all that the algorithm
/// (GCRA) keeps. A refused request moves nothing.
#[derive(Debug, Default)]
pub(super) struct Store(Mutex<HashMap<Client, Nanos>>);

impl StateStore for Store {
    type Key = Client;

    fn measure_and_replace<T, F, E>(&self, client: &Client, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut earned_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (outcome, next) = decide(earned_at.get(client).copied())?;
        if earned_at.len() >= MAX_CLIENTS && !earned_at.contains_key(client) {
            forget_half(&mut earned_at);
        }
        earned_at.insert(*client, next);
        Ok(outcome)
    }
}

/// Forgets the clients that have used least: most have rested and lose nothing, and no flood of new ones makes us forget one
/// that is at its limit.
fn forget_half(earned_at: &mut HashMap<Client, Nanos>) {
    let mut times: Vec<Nanos> = earned_at.values().copied().collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    earned_at.retain(|_, at| *at > median);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_remembers_more_than_its_bound() {
        let store = Store::default();
        for number in 0..3 * MAX_CLIENTS as u32 {
            let client = Client::new(std::net::Ipv4Addr::from_bits(number).into());
            let taken: Result<(), ()> = store.measure_and_replace(&client, |_| Ok(((), Nanos::new(u64::from(number)))));
            taken.unwrap();
            assert!(store.0.lock().unwrap().len() <= MAX_CLIENTS);
        }
    }
}

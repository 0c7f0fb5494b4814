//! The rules in force, the calls counted, and the dice.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::sync::watch;

use super::fault::{Fault, Rule, When};

#[derive(Debug)]
pub(super) struct Rules {
    state: Mutex<State>,
    /// Told of every change, for tunnels that wait.
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct State {
    rules: Vec<Rule>,
    calls: HashMap<String, u64>,
    /// Calls that a fault befell.
    struck: u64,
    /// Logs that passed while some were being lost.
    logs: u64,
    dice: StdRng,
}

impl Rules {
    pub fn new(seed: u64) -> Self {
        let dice = StdRng::seed_from_u64(seed);
        let state = State { rules: Vec::new(), calls: HashMap::new(), struck: 0, logs: 0, dice };
        Self { state: Mutex::new(state), changed: watch::Sender::new(()) }
    }

    pub fn set(&self, rule: Rule) {
        self.state().rules.push(rule);
        self.changed.send_replace(());
    }

    pub fn clear(&self) {
        self.state().rules.clear();
        self.changed.send_replace(());
    }

    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub fn calls(&self, method: &str) -> u64 {
        self.state().calls.get(method).copied().unwrap_or_default()
    }

    pub fn all_calls(&self) -> u64 {
        self.state().calls.values().sum()
    }

    pub fn struck(&self) -> u64 {
        self.state().struck
    }

    /// Counts the call, and returns the faults that befall it.
    pub fn strike(&self, method: &str) -> Vec<Fault> {
        let mut state = self.state();
        let state = &mut *state;
        *state.calls.entry(method.to_owned()).or_default() += 1;
        let mut faults = Vec::new();
        for rule in &mut state.rules {
            let is_for = rule.methods.is_empty() || rule.methods.contains(&method);
            if rule.fault.is_for_subscriptions() || !is_for {
                continue;
            }
            rule.seen += 1;
            let strikes = match rule.when {
                When::Always => true,
                When::Nth(number) => rule.seen == number,
                When::First(number) => rule.seen <= number,
                When::After(number) => rule.seen > number,
                When::Every(number) => rule.seen.is_multiple_of(number.max(1)),
                When::Chance { per_mille } => state.dice.random_range(0..1_000) < per_mille,
            };
            if strikes {
                faults.push(rule.fault.clone());
            }
        }
        state.struck += u64::from(!faults.is_empty());
        faults
    }

    pub fn befalls_subscriptions(&self, fault: &Fault) -> bool {
        self.state().rules.iter().any(|rule| rule.fault == *fault)
    }

    /// Whether the next log is one of those that get lost.
    pub fn loses_log(&self, one_in: u64) -> bool {
        let mut state = self.state();
        let number = state.logs;
        state.logs += 1;
        number.is_multiple_of(one_in.max(1))
    }

    /// Below `bound`, which is at least 1.
    pub fn throw(&self, bound: usize) -> usize {
        self.state().dice.random_range(0..bound)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

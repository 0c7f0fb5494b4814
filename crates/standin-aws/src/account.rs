//! The account: what there is, who may change it, and the time that goes on in it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use serde_json::Value;

use crate::{
    bucket::Buckets,
    config::{Behaviour, StandinAwsConfig},
    ecs::{self, Call},
    error::{AwsError, Result},
    kms::{self, Kms},
    secrets::{self, SecretsManager},
    world::{ACCOUNT, Effect, Times, World},
};

#[derive(Debug)]
struct State {
    world: World,
    secrets: SecretsManager,
    kms: Kms,
    buckets: Buckets,
    behaviour: Behaviour,
    pending: Vec<Effect>,
}

/// One account of the stand-in.
#[derive(Debug)]
pub struct Account {
    pub config: StandinAwsConfig,
    began: Instant,
    state: Mutex<State>,
}

/// What becomes of a call.
pub enum Fate {
    Answered(Result<Value>),
    /// Whoever called never hears of it.
    Lost,
}

impl Account {
    pub fn new(config: StandinAwsConfig) -> Self {
        let world = World::new(config.seed, Times::at_pace(config.behaviour.pace));
        let state = State {
            world,
            secrets: SecretsManager::default(),
            kms: Kms::default(),
            buckets: Buckets::default(),
            behaviour: config.behaviour.clone(),
            pending: Vec::new(),
        };
        Self { config, began: Instant::now(), state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what there is.
    pub fn with_world<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut state = self.state();
        let (lag, now) = (state.behaviour.lag, self.began.elapsed());
        state.world.now = state.world.now.max(now);
        let changed = change(&mut state.world);
        state.world.remember(lag);
        changed
    }

    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        let mut state = self.state();
        change(&mut state.behaviour);
        state.world.has_capacity = state.behaviour.has_capacity;
        state.world.times = Times::at_pace(state.behaviour.pace);
    }

    /// How many times faster than AWS it is now.
    pub fn pace(&self) -> u32 {
        self.state().behaviour.pace
    }

    /// How often each bucket was asked, and how many calls were refused.
    pub fn counted(&self) -> (HashMap<&'static str, u64>, u64) {
        self.state().buckets.counted()
    }

    /// How many signatures KMS gave, by their length and whether `s` was high.
    pub fn signed(&self) -> BTreeMap<(usize, bool), u64> {
        self.state().kms.signed.clone()
    }

    pub fn injected(&self, value_from: &str) -> Option<String> {
        self.state().secrets.injected(value_from)
    }

    /// One call, as its target names it: `AmazonEC2ContainerServiceV20141113.ListTasks`.
    pub fn call(&self, target: &str, body: &Value) -> Fate {
        let mut state = self.state();
        let State { world, secrets, kms, buckets, behaviour, pending } = &mut *state;
        world.now = world.now.max(self.began.elapsed());
        let (service, operation) = target.split_once('.').unwrap_or((target, ""));
        if !buckets.take(target, world.now, behaviour.bucket_share) {
            return Fate::Answered(Err(AwsError::new("ThrottlingException", "Rate exceeded")));
        }
        if world.dice.hits(behaviour.lost_calls) {
            return Fate::Lost;
        }
        if world.dice.hits(behaviour.server_errors) {
            return Fate::Answered(Err(AwsError::of_the_server()));
        }
        let action = format!("{}:{operation}", prefix(service));
        let answer = match service {
            _ if behaviour.denied.contains(&action.as_str()) => Err(denied(&action, body)),
            ecs::TARGET => {
                let mut call = Call { world, lag: behaviour.lag, effects: Vec::new() };
                let answer = call.answer(operation, body);
                pending.append(&mut call.effects);
                answer
            }
            secrets::TARGET => secrets.answer(operation, body, &mut world.dice),
            kms::TARGET => kms.answer(operation, body, &mut world.dice),
            _ => Err(AwsError::new("UnknownOperationException", format!("the stand-in has no {target}"))),
        };
        let is_lost = world.dice.hits(behaviour.lost_answers);
        if is_lost { Fate::Lost } else { Fate::Answered(answer) }
    }

    /// What is to be run and ended by now.
    pub fn pass(&self) -> Vec<Effect> {
        let mut effects = self.with_world(|world| world.tick(world.now));
        let mut pending = std::mem::take(&mut self.state().pending);
        effects.append(&mut pending);
        effects
    }
}

/// Of a caller whom no policy allows this.
fn denied(action: &str, body: &Value) -> AwsError {
    let on = ["KeyId", "cluster"].iter().find_map(|name| body[name].as_str()).unwrap_or("*");
    let who = format!("User: arn:aws:sts::{ACCOUNT}:assumed-role/pool/task");
    let why = format!("because no identity-based policy allows the {action} action");
    AwsError::new("AccessDeniedException", format!("{who} is not authorized to perform: {action} on resource: {on} {why}"))
}

/// Of a service's actions in policies.
fn prefix(target: &str) -> &'static str {
    match target {
        ecs::TARGET => "ecs",
        kms::TARGET => "kms",
        _ => "secretsmanager",
    }
}

//! What a replica is, from what its API answers and from what its database says. Pure.
//!
//! docs/chainlink-nodes.md has a table of what each fault looks like and after how long it is noticed.

use std::time::Duration;

use linkpool_db::fleet::ReplicaState;

use super::witness::Testimony;

/// A process that has lived this long without listening waits for the lease, where nobody says more of it.
const SETTLED_TIME: Duration = Duration::from_millis(400);
/// One that is not connected with its database after this long, does not get there any more. Ten that start at once on two cores
/// take 15 seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// What takes longer than this is worth a word.
const SLOW_AGE: Duration = Duration::from_secs(10);
/// A process asks for its lease several times in a second.
const HEARD_TIMEOUT: Duration = Duration::from_secs(10);
/// One that has had the lease this long and neither listens nor migrates, does not get there any more.
const BOOT_TIMEOUT: Duration = Duration::from_secs(120);
/// How long the API of one that keeps its lease may be silent: a machine that is busy is no reason to hand the lease over.
const SILENT_HOLDER_TIMEOUT: Duration = Duration::from_secs(15);

/// What a replica's API answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    NotListening,
    /// The small server of a node that migrates its database.
    Migrating,
    /// As ready; with what its own checks find wrong behind it.
    Ready {
        ailment: Option<String>,
    },
    NotReady(String),
    /// Nothing, or nothing that a node answers.
    Silent(String),
}

/// Since when each holds without a break.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    /// The process runs; of one that was taken over, nobody knows.
    pub running: Option<Duration>,
    /// It is not connected with its database.
    pub absent: Duration,
    /// It has the lease.
    pub holding: Duration,
    /// Its API is silent.
    pub silent: Duration,
}

/// The state, and what is wrong with it.
pub(super) fn judge(answer: &Answer, testimony: Testimony, since: Since) -> (ReplicaState, Option<String>) {
    let holds = matches!(testimony, Testimony::Connected { holds: Some(true), .. });
    match answer {
        Answer::Ready { ailment } => (ReplicaState::Serving, ailment.clone()),
        // Replacing it would only start the migration over.
        Answer::Migrating => (ReplicaState::Starting, Some("the node migrates its database (204)".into())),
        Answer::NotReady(reason) if holds && since.holding < BOOT_TIMEOUT => (ReplicaState::Starting, Some(reason.clone())),
        Answer::NotReady(reason) => (ReplicaState::Failing, Some(reason.clone())),
        Answer::Silent(reason) if is_heard(testimony) && holds && since.silent < SILENT_HOLDER_TIMEOUT => {
            (ReplicaState::Serving, Some(format!("{reason}; it keeps its lease")))
        }
        Answer::Silent(reason) => (ReplicaState::Failing, Some(reason.clone())),
        Answer::NotListening => unheard(testimony, since),
    }
}

/// One whose API is not there: a standby, or one on its way to that.
fn unheard(testimony: Testimony, since: Since) -> (ReplicaState, Option<String>) {
    let is_older = |than: Duration| since.running.is_none_or(|running| running >= than);
    match testimony {
        Testimony::Unknown if is_older(SETTLED_TIME) => (ReplicaState::Waiting, None),
        Testimony::Unknown => (ReplicaState::Starting, None),
        Testimony::Absent if since.absent >= CONNECT_TIMEOUT && is_older(CONNECT_TIMEOUT) => {
            (ReplicaState::Failing, Some("its process lives and is not connected with its database".into()))
        }
        Testimony::Absent if since.absent >= SLOW_AGE => {
            (ReplicaState::Starting, Some("it is not connected with its database yet".into()))
        }
        Testimony::Absent => (ReplicaState::Starting, None),
        Testimony::Connected { silent, .. } if silent >= HEARD_TIMEOUT => {
            (ReplicaState::Failing, Some("its process hangs: its database does not hear from it".into()))
        }
        Testimony::Connected { holds: Some(true), .. } if since.holding >= BOOT_TIMEOUT => {
            let reason = format!("it has had the lease for {} s and does not listen", BOOT_TIMEOUT.as_secs());
            (ReplicaState::Failing, Some(reason))
        }
        Testimony::Connected { holds: Some(true), .. } if since.holding >= SLOW_AGE => {
            (ReplicaState::Starting, Some("it has the lease and boots".into()))
        }
        Testimony::Connected { holds: Some(true), .. } => (ReplicaState::Starting, None),
        Testimony::Connected { holds: None, .. } if !is_older(SETTLED_TIME) => (ReplicaState::Starting, None),
        Testimony::Connected { holds: Some(false) | None, .. } => (ReplicaState::Waiting, None),
    }
}

fn is_heard(testimony: Testimony) -> bool {
    matches!(testimony, Testimony::Connected { silent, .. } if silent < HEARD_TIMEOUT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ReplicaState::{Failing, Serving, Starting, Waiting};

    const LONG_TIME: Duration = Duration::from_secs(600);
    const SHORT_TIME: Duration = Duration::from_secs(1);

    fn connected(silent: Duration, holds: Option<bool>) -> Testimony {
        Testimony::Connected { silent, holds }
    }

    fn state(answer: &Answer, testimony: Testimony, since: Duration) -> ReplicaState {
        judge(answer, testimony, Since { running: Some(since), absent: since, holding: since, silent: since }).0
    }

    #[test]
    fn one_that_does_not_listen_waits_boots_or_hangs_as_its_database_says() {
        let check =
            |testimony, since, expect| assert_eq!(state(&Answer::NotListening, testimony, since), expect, "{testimony:?}");
        check(connected(SHORT_TIME, Some(false)), LONG_TIME, Waiting);
        check(connected(SHORT_TIME, Some(true)), SHORT_TIME, Starting);
        check(connected(SHORT_TIME, Some(true)), LONG_TIME, Failing);
        check(connected(SHORT_TIME, None), SHORT_TIME, Waiting);
        check(connected(SHORT_TIME, None), Duration::ZERO, Starting);
        check(connected(HEARD_TIMEOUT, Some(false)), LONG_TIME, Failing);
        check(Testimony::Absent, SHORT_TIME, Starting);
        check(Testimony::Absent, LONG_TIME, Failing);
    }

    #[test]
    fn what_can_not_be_observed_is_no_reason_to_replace_a_replica() {
        assert_eq!(state(&Answer::NotListening, Testimony::Unknown, LONG_TIME), Waiting);
        assert_eq!(state(&Answer::NotListening, Testimony::Unknown, Duration::ZERO), Starting);
    }

    #[test]
    fn a_silent_api_is_forgiven_for_a_while_only_to_one_that_keeps_its_lease() {
        let silent = Answer::Silent("it does not answer".into());
        assert_eq!(state(&silent, connected(SHORT_TIME, Some(true)), SHORT_TIME), Serving);
        assert_eq!(state(&silent, connected(SHORT_TIME, Some(true)), SILENT_HOLDER_TIMEOUT), Failing);
        assert_eq!(state(&silent, connected(HEARD_TIMEOUT, Some(true)), SHORT_TIME), Failing);
        assert_eq!(state(&silent, connected(SHORT_TIME, Some(false)), SHORT_TIME), Failing);
        assert_eq!(state(&silent, Testimony::Unknown, SHORT_TIME), Failing);
    }

    #[test]
    fn a_node_whose_chain_hangs_serves_and_says_so_however_long() {
        let ailing = Answer::Ready { ailment: Some("failing checks: HeadListener".into()) };
        assert_eq!(state(&ailing, connected(SHORT_TIME, Some(true)), LONG_TIME), Serving);
        assert_eq!(state(&Answer::Migrating, connected(SHORT_TIME, Some(true)), LONG_TIME), Starting);
    }
}

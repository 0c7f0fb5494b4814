//! The nodes that the pool wants: who asked for them, how far each is, and what was last seen of its replicas.

mod audit;
mod autoscale;
mod ending;
mod event;
mod feed;
mod funding;
mod guard;
mod health;
mod health_hour;
mod job;
mod keeping;
mod lost;
mod node;
mod node_job;
mod operator_contract;
mod phase;
mod port;
mod public_name;
mod registration;
mod release;
mod replica;
mod request;
mod restored;
mod rollout;
mod scale;
mod secret;
mod source;
mod statistics;
mod transfer_proof;
mod transition;
mod wake;

pub use audit::{Audit, Finding};
pub use autoscale::{AutoscaleState, DecisionKind, ScaleDecision, ScaleReading, StoredDecision};
pub use ending::{Ending, EndingNode};
pub use event::FleetEvent;
pub use feed::ServingNode;
pub(crate) use funding::fund;
pub use funding::{Funded, FundingBounds, FundingPerDay};
pub use guard::GuardNumbers;
pub use health::PairHealth;
pub use job::{JobItem, JobProgress, JobSetOutcome, NodeJobs, StoredJobSet};
pub use node::FleetNode;
pub use node_job::NodeJob;
pub use phase::Phase;
pub use public_name::MAX_PUBLIC_NAME_LENGTH;
pub use registration::{Consent, WalletOutcome};
pub use release::{MAX_CONFIG_BYTES, NewRelease, Release};
pub use replica::{Replica, ReplicaState};
pub use request::{NodeAction, NodeRequest, OperatorRequest, OperatorRequestOutcome};
pub use restored::RestoredNode;
pub use rollout::{
    Effect, NewRollout, Rollout, RolloutAction, RolloutNode, RolloutOutcome, RolloutRequest, RolloutState, RolloutStep,
    StepChange,
};
pub use scale::{Count, MAX_NODES_PER_CALL, Operation, ScaleOutcome, ScaleRequest};
pub use secret::SecretKind;
pub use source::{ListedName, ProofMode, Source};
pub use statistics::FleetStatistics;
pub use transfer_proof::{TransferProof, WantedPayment};
pub use transition::StepFailure;
pub(crate) use transition::{advance, record};
pub use wake::Wakes;

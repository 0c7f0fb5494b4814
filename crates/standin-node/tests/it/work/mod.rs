//! Direct requests: a consumer pays through an Operator, and the node's wallet answers, once.

mod adversity;
mod fixture;
mod funds;
mod jobs;
mod measure;
mod reorg;
mod takeover;

//! The database over a real Postgres.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod ahead;
mod arithmetic;
mod backfill;
mod beside;
mod bounds;
mod budget;
mod cancel;
mod connect;
mod dashboards;
mod ending;
mod fence;
mod followed;
mod followed_operators;
mod grants;
mod guard;
mod history;
mod incomplete;
mod jobs;
mod operator_contract;
mod outages;
mod read;
mod registration;
mod restored;
mod rollout;
mod scale;
mod schema;
mod standby;
mod term;
mod told;
mod words;

//! The public API and the page: axum over Postgres.
//!
//! Every answer comes from one snapshot of the database and says as of which block. The API never talks to the chain, so
//! it answers while the RPC is down. What dashboards need to know stands in `docs/api.md`; the machine-readable form is
//! [`openapi_json`].

mod config;
mod error;
pub mod operator;
mod server;
mod service_state;
mod state;

mod accept;
mod as_of;
mod at;
mod batch;
mod boundary;
mod cache;
mod envelope;
mod files;
mod gzip;
mod limits;
mod page_cursor;
mod parameters;
mod problem;

mod listen;
mod live;
mod looks;
mod phases;
mod present;
mod reading;
mod settled;
mod staker_sums;
mod statistics;
mod stream;
mod update;
mod view;
mod work;

mod health;
mod open_at;
mod openapi;
mod page;
mod routes;

#[cfg(feature = "dev")]
mod dev;

pub use config::{ApiConfig, DemoAccount, DevConfig, Limits};
pub use error::{Error, Result};
pub use openapi::openapi_json;
pub use server::{router, serve};

/// What the paths of this version begin with.
const BASE: &str = "/api/v1";

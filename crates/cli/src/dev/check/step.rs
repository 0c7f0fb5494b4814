//! One step of the check: its name in the table, and what it does.

use anyhow::Result;
use futures_util::future::BoxFuture;

use super::journey::Journey;

/// What a step does on the journey, and returns for the table: what it saw.
type Run = for<'a> fn(&'a mut Journey) -> BoxFuture<'a, Result<String>>;

#[derive(Clone, Copy)]
pub struct Step(pub &'static str, pub Run);

//! What a person sees while the stack starts: one line a part, with its seconds. On stderr; stdout is for answers.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

use crate::output::remark;

/// What has started, with its seconds.
#[derive(Default)]
pub struct Parts(pub Vec<(&'static str, f64)>);

impl Parts {
    /// Runs one part of the start and prints how long it took.
    pub async fn time<T>(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Result<T, impl Into<anyhow::Error>>>,
    ) -> Result<T> {
        let start = Instant::now();
        let result = work.await.map_err(Into::into).with_context(|| format!("starting {name}"))?;
        let seconds = seconds(start.elapsed());
        remark!("  {name:<12} {seconds:>6.2} s");
        self.0.push((name, seconds));
        Ok(result)
    }
}

/// For printing only.
pub fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}

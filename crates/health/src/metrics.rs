//! The process's metrics. There is one recorder a process, whatever roles run in it.

use std::{sync::OnceLock, time::Duration};

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of the buckets of everything that is measured in seconds: from a pass of the fleet to a node's way to the page.
const SECONDS: [f64; 12] = [0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0, 600.0];

/// How long a measurement is kept by itself.
const FOLD_INTERVAL: Duration = Duration::from_secs(5);

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Another program part has installed a recorder of its own.
#[derive(Debug, thiserror::Error)]
#[error("the metrics can't be recorded: {0}")]
pub struct RecorderError(String);

/// The way to the recorded metrics. Cheap to clone.
#[derive(Clone, derive_more::Debug)]
#[debug("Recorder")]
pub struct Recorder(PrometheusHandle);

impl Recorder {
    /// Starts to record; the second call gives the same recorder.
    pub fn install() -> Result<Self, RecorderError> {
        if let Some(handle) = HANDLE.get() {
            return Ok(Self(handle.clone()));
        }
        let failed = |error: metrics_exporter_prometheus::BuildError| RecorderError(error.to_string());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS);
        let handle = builder.map_err(failed)?.install_recorder();
        match handle {
            Ok(handle) => Ok(Self(HANDLE.get_or_init(|| handle).clone())),
            // Another thread was first.
            Err(error) => HANDLE.get().cloned().map(Self).ok_or_else(|| failed(error)),
        }
    }

    /// Folds what was measured into its buckets, again and again: until then every single measurement is kept, and perhaps nobody
    /// ever reads.
    pub(crate) async fn keep_folding(self) {
        loop {
            tokio::time::sleep(FOLD_INTERVAL).await;
            self.0.run_upkeep();
        }
    }

    /// Everything recorded so far, as text.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}

//! How the stand-in behaves.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// What is set once.
#[derive(Debug, Clone)]
pub struct StandinAwsConfig {
    /// Of all that is left to chance.
    pub seed: u64,
    /// Where an image's program stands: `<images>/<name>/<tag>/`, which is first in the task's `PATH`.
    pub images: PathBuf,
    /// Where each task has a folder of its own.
    pub directory: PathBuf,
    /// The Postgres whose connections a task is to have from its own address.
    pub database: Option<SocketAddr>,
    /// Variables of every task beside its own.
    pub environment: Vec<(String, String)>,
    pub behaviour: Behaviour,
}

/// What may be changed at any time.
#[derive(Debug, Clone)]
pub struct Behaviour {
    /// How many times faster than AWS's are its own times: a start, the end of a task, the interval of a health check, which tasks that run
    /// already keep. What a container takes is as it is.
    pub pace: u32,
    /// A read may be as old as this.
    pub lag: Duration,
    /// Of a thousand calls, so many are done and their answer is lost.
    pub lost_answers: u32,
    /// And so many are not done and have no answer either.
    pub lost_calls: u32,
    /// And so many are answered by 500.
    pub server_errors: u32,
    /// What is left of AWS's buckets.
    pub bucket_share: f64,
    /// Whether there is room for another task.
    pub has_capacity: bool,
    /// What no policy allows, as in a policy: `ecs:StopTask`.
    pub denied: Vec<&'static str>,
}

impl StandinAwsConfig {
    /// Twenty times as fast as AWS, and without a fault.
    pub fn new(images: PathBuf, directory: PathBuf) -> Self {
        let behaviour = Behaviour::default();
        Self { seed: 20_261_130, images, directory, database: None, environment: Vec::new(), behaviour }
    }
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            pace: 20,
            lag: Duration::ZERO,
            lost_answers: 0,
            lost_calls: 0,
            server_errors: 0,
            bucket_share: 1.0,
            has_capacity: true,
            denied: Vec::new(),
        }
    }
}

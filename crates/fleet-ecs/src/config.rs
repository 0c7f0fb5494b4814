//! How nodes are run on ECS.

use std::{ops::RangeInclusive, time::Duration};

use linkpool_fleet::local::{DumpSpec, NodeChain};
use linkpool_node_postgres::Server;

/// What the nodes of a pool have in common.
#[derive(Debug)]
pub struct EcsConfig {
    /// Where the log group is.
    pub region: String,
    /// In front of the names of services, task definitions and secrets: no two pools of an account have the same.
    pub prefix: String,
    pub cluster: String,
    pub subnets: Vec<String>,
    pub security_groups: Vec<String>,
    /// By which ECS pulls the image and the secrets.
    pub execution_role: String,
    /// What the nodes themselves may do on AWS; nothing, where it is not said.
    pub task_role: Option<String>,
    /// Where the nodes' words go; nowhere, where it is not said.
    pub log_group: Option<String>,
    /// Of the node, with its tag.
    pub image: String,
    /// Of the image, where its tag is no version.
    pub version: Option<String>,
    /// In ECS's units: 1,024 are one processor.
    pub cpu: u32,
    pub memory_mib: u32,
    /// TOML of the operator's, between what is usual and what the fleet depends on.
    pub overlay: Option<String>,
    /// The nodes' Postgres.
    pub server: Server,
    pub server_versions: RangeInclusive<u32>,
    pub chain: NodeChain,
    pub dump: Option<DumpSpec>,
    pub lease_duration: Duration,
    pub lease_refresh: Duration,
    pub times: EcsTimes,
}

/// How often AWS is asked, and how long it may be behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EcsTimes {
    /// Between two listings of all tasks.
    pub tasks: Duration,
    /// Between two listings of all services.
    pub services: Duration,
    /// Between two looks at a service that is on its way.
    pub moving: Duration,
    /// A read that began this long after a write, shows it.
    pub lag: Duration,
    /// What was listed longer ago says nothing of now.
    pub stale: Duration,
    /// Before a deployment that ECS has given up is tried again.
    pub retry: Duration,
}

impl EcsTimes {
    /// Ten times as often, for a stand-in that is as much faster than AWS; `lag` is how far its reads are behind.
    #[must_use]
    pub fn hurried(lag: Duration) -> Self {
        let milliseconds = Duration::from_millis;
        Self {
            tasks: milliseconds(300),
            services: milliseconds(1_500),
            moving: milliseconds(300),
            lag: lag + milliseconds(200),
            stale: Duration::from_secs(30),
            retry: Duration::from_secs(2),
        }
    }
}

impl Default for EcsTimes {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            tasks: seconds(3),
            services: seconds(30),
            moving: seconds(2),
            lag: seconds(5),
            stale: seconds(60),
            retry: seconds(60),
        }
    }
}

//! AWS's token buckets: each group of calls has one an account and region.
//!
//! Burst and refill as in the ECS API Reference, "Request throttling for the Amazon ECS API"
//! (docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html, read on 2026-11-29).

use std::{collections::HashMap, time::Duration};

/// Name, burst, refill a second.
const BUCKETS: [(&str, f64, f64); 10] = [
    ("task-definition-register", 20.0, 1.0),
    ("task-definition-read", 50.0, 20.0),
    ("cluster-read", 50.0, 20.0),
    ("cluster-resource-read", 100.0, 20.0),
    ("service-modify", 50.0, 5.0),
    ("service-read", 100.0, 20.0),
    ("task-modify", 100.0, 40.0),
    // Secrets Manager counts for each call by itself, in thousands; this is its slowest.
    ("secrets", 50.0, 50.0),
    // "Request quotas" of KMS: signatures with elliptic curves, and what is asked of keys.
    ("kms-sign", 1_000.0, 1_000.0),
    ("kms-read", 2_000.0, 2_000.0),
];

/// What was asked for since the beginning, and when.
#[derive(Debug, Default)]
pub struct Buckets {
    levels: HashMap<&'static str, (f64, Duration)>,
    calls: HashMap<&'static str, u64>,
    throttled: u64,
}

/// By a call's whole name: `TrentService.Sign`.
pub fn of(target: &str) -> &'static str {
    let operation = target.rsplit('.').next().unwrap_or(target);
    match operation {
        "Sign" => "kms-sign",
        _ if target.starts_with("TrentService.") => "kms-read",
        "RegisterTaskDefinition" | "DeregisterTaskDefinition" => "task-definition-register",
        "DescribeTaskDefinition" | "ListTaskDefinitions" => "task-definition-read",
        "CreateCluster" | "DescribeClusters" => "cluster-read",
        "DescribeTasks" | "ListTasks" => "cluster-resource-read",
        "CreateService" | "UpdateService" | "DeleteService" => "service-modify",
        "DescribeServices" | "ListServices" => "service-read",
        "StopTask" => "task-modify",
        _ => "secrets",
    }
}

/// How many calls a minute AWS takes of a bucket's in the long run; `None` where there is no such bucket.
#[must_use]
pub fn calls_a_minute(bucket: &str) -> Option<f64> {
    BUCKETS.iter().find(|(name, ..)| *name == bucket).map(|(.., refill)| refill * 60.0)
}

impl Buckets {
    /// Whether there is a token left for the call. `share` scales all buckets.
    pub fn take(&mut self, target: &str, now: Duration, share: f64) -> bool {
        let name = of(target);
        *self.calls.entry(name).or_default() += 1;
        let (burst, refill) = BUCKETS.iter().find(|(other, ..)| *other == name).map_or((1.0, 1.0), |it| (it.1, it.2));
        let (burst, refill) = ((burst * share).max(1.0), refill * share);
        let (level, at) = self.levels.entry(name).or_insert((burst, now));
        *level = (*level + now.saturating_sub(*at).as_secs_f64() * refill).min(burst);
        *at = now;
        let has_one = *level >= 1.0;
        if has_one {
            *level -= 1.0
        } else {
            self.throttled += 1
        }
        has_one
    }

    /// How often each bucket was asked, and how many calls were refused.
    pub fn counted(&self) -> (HashMap<&'static str, u64>, u64) {
        (self.calls.clone(), self.throttled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_refuses_what_is_beyond_its_burst_and_fills_again() {
        let (mut buckets, now) = (Buckets::default(), Duration::ZERO);
        let taken = |buckets: &mut Buckets, now| (0..200).filter(|_| buckets.take("RegisterTaskDefinition", now, 1.0)).count();
        assert_eq!(taken(&mut buckets, now), 20);
        assert_eq!(taken(&mut buckets, Duration::from_secs(3)), 3);
        assert_eq!(taken(&mut buckets, Duration::from_secs(600)), 20);
        assert!(buckets.take("ListTasks", now, 1.0), "another bucket");
    }
}

//! `[ecs]`: where a fleet's nodes are tasks of Amazon ECS.

use anyhow::Result;
use linkpool_fleet_ecs::{EcsConfig, EcsTimes};
use serde::Deserialize;
use smart_default::SmartDefault;

use super::Config;
use crate::failure::Failure;

/// What Fargate has to offer: processors in ECS's units, and from where to where its memory goes.
const SIZES: [(u32, std::ops::RangeInclusive<u32>); 6] = [
    (512, 1_024..=4_096),
    (1_024, 2_048..=8_192),
    (2_048, 4_096..=16_384),
    (4_096, 8_192..=30_720),
    (8_192, 16_384..=61_440),
    (16_384, 32_768..=122_880),
];
/// Memory comes in whole ones of these.
const GIB: u32 = 1_024;

#[derive(Debug, Deserialize, SmartDefault)]
#[serde(default, deny_unknown_fields)]
pub struct EcsSettings {
    region: Option<String>,
    cluster: Option<String>,
    /// In front of the names of services, task definitions and secrets: no two pools of an account have the same.
    #[default("linkpool".into())]
    name: String,
    /// Private ones, in two zones.
    subnets: Vec<String>,
    security_groups: Vec<String>,
    /// The ARN of the role by which ECS pulls the image and the nodes' secrets.
    execution_role: Option<String>,
    /// The ARN of the nodes' own role; a node needs nothing of AWS.
    task_role: Option<String>,
    /// Where the nodes' logs go; nowhere if unset.
    log_group: Option<String>,
    /// The node's image, with its version as tag.
    image: Option<String>,
    /// Of each task, in ECS's units: 1,024 are one processor.
    #[default(1_024)]
    cpu: u32,
    #[default(4_096)]
    memory_mib: u32,
}

impl Config {
    /// How nodes on `chain_id` are run on ECS, and which AWS that is.
    ///
    /// # Errors
    /// What is missing or can't be meant, in a sentence. Nothing was asked yet.
    pub fn ecs(&self, chain_id: u64) -> Result<(linkpool_aws::AwsConfig, EcsConfig)> {
        let ecs = &self.ecs;
        let set = |value: &Option<String>, name: &str, what: &str| {
            value.clone().ok_or_else(|| Failure::bad_input(format!("set ecs.{name}: {what}")))
        };
        let region = set(&ecs.region, "region", "the region of the cluster, like eu-west-1")?;
        let cluster = set(&ecs.cluster, "cluster", "the name of the ECS cluster that the nodes run in")?;
        let execution_role = set(
            &ecs.execution_role,
            "execution_role",
            "the ARN of the role by which ECS pulls the image and the nodes' secrets",
        )?;
        let image = set(&ecs.image, "image", "the Chainlink node's image, with its version as tag")?;
        ecs.check()?;
        let spec = self.fleet.node_spec(Default::default(), chain_id, &self.chain)?;
        let overlay = spec.overlay.as_ref().map(std::fs::read_to_string).transpose();
        let overlay = overlay.map_err(|error| Failure::bad_input(format!("fleet.node_config: {error}")))?;
        let config = EcsConfig {
            region: region.clone(),
            prefix: ecs.name.clone(),
            cluster,
            subnets: ecs.subnets.clone(),
            security_groups: ecs.security_groups.clone(),
            execution_role,
            task_role: ecs.task_role.clone(),
            log_group: ecs.log_group.clone(),
            image,
            version: self.fleet.node_version.clone(),
            cpu: ecs.cpu,
            memory_mib: ecs.memory_mib,
            overlay,
            server: spec.server,
            server_versions: spec.server_versions,
            chain: spec.chain,
            dump: spec.dump,
            lease_duration: spec.lease_duration,
            lease_refresh: spec.lease_refresh,
            times: EcsTimes::default(),
        };
        Ok((self.aws.client_config(&region)?, config))
    }
}

impl EcsSettings {
    fn check(&self) -> Result<()> {
        let is_name = |text: &str| {
            let fits = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
            (1..=64).contains(&text.len()) && fits
        };
        if !is_name(&self.name) {
            return Err(Failure::bad_input("ecs.name: write 1 to 64 lower-case letters, digits or `-`"));
        }
        if self.subnets.len() < 2 || self.security_groups.is_empty() {
            return Err(Failure::bad_input(
                "set ecs.subnets and ecs.security_groups: two private subnets in two zones, and a group that lets the fleet and the registrar in at 6688",
            ));
        }
        let (cpu, memory) = (self.cpu, self.memory_mib);
        let Some((_, range)) = SIZES.iter().find(|(size, _)| *size == cpu) else {
            let sizes = SIZES.map(|(size, _)| size.to_string()).join(", ");
            return Err(Failure::bad_input(format!("ecs.cpu is {cpu}: Fargate has {sizes}")));
        };
        if range.contains(&memory) && memory % GIB == 0 {
            return Ok(());
        }
        let (least, most) = (range.start(), range.end());
        Err(Failure::bad_input(format!(
            "ecs.memory_mib is {memory}: with {cpu} units of processor Fargate has {least} to {most}, in whole {GIB}"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_a_size_that_fargate_has() {
        let usual =
            || EcsSettings { subnets: vec!["a".into(), "b".into()], security_groups: vec!["c".into()], ..EcsSettings::default() };
        let said = |settings: EcsSettings| settings.check().err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(said(usual()), "");
        for (settings, sentence) in [
            (EcsSettings { cpu: 1_000, ..usual() }, "ecs.cpu is 1000: Fargate has 512, 1024"),
            (
                EcsSettings { memory_mib: 16_384, ..usual() },
                "with 1024 units of processor Fargate has 2048 to 8192, in whole 1024",
            ),
            (EcsSettings { memory_mib: 2_500, ..usual() }, "ecs.memory_mib is 2500"),
            (EcsSettings { subnets: vec!["a".into()], ..usual() }, "two private subnets in two zones"),
            (EcsSettings { name: "A pool".into(), ..usual() }, "ecs.name: write"),
        ] {
            assert!(said(settings).contains(sentence), "{sentence}");
        }
    }

    #[test]
    fn what_is_missing_is_named_before_anything_is_asked() {
        let error = Config::default().ecs(1).unwrap_err().to_string();
        assert!(error.contains("set ecs.region"), "{error}");
    }
}

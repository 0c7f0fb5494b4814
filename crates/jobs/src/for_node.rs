//! What one node shall have: the set, filled in.

use std::collections::{BTreeMap, BTreeSet};

use linkpool_primitives::ItemKind;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use crate::{
    JobSet, Variable, Variables,
    check::{bridges_of, spec_of},
    set::is_for,
    variable::fill,
};

/// Of the ids that are made for jobs.
const NAMESPACE: Uuid = Uuid::from_u128(0x6c69_6e6b_706f_4f6c_8a62_6a6f_6273_2131);

/// Makes a job's id, a UUID of version 5: the same for the same node and name, so that a job that was given twice is one that the
/// node refuses.
pub fn external_job_id(node_id: &str, name: &str) -> Uuid {
    let digest: [u8; 20] = Sha1::new().chain_update(NAMESPACE).chain_update(format!("{node_id}/{name}")).finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_sha1_bytes(bytes).into_uuid()
}

/// What a node shall have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// Its id.
    pub node: String,
    pub bridges: BTreeMap<String, FilledBridge>,
    pub jobs: BTreeMap<String, FilledJob>,
    /// What it gets once more is known of it.
    pub waiting: Vec<Waiting>,
}

/// A bridge with everything filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledBridge {
    pub url: String,
    pub confirmations: u32,
    /// In juels.
    pub minimum_contract_payment: Option<u128>,
    pub digest: [u8; 32],
}

/// A job with everything filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilledJob {
    pub external_job_id: Uuid,
    /// The spec, with the job's name and id in it.
    pub toml: String,
    /// The spec's `type`.
    pub kind: String,
    /// The spec's pipeline; empty where it has none.
    pub source: String,
    pub digest: [u8; 32],
}

/// An item that needs what is not known of the node yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub kind: ItemKind,
    pub name: String,
    pub variables: BTreeSet<Variable>,
}

impl JobSet {
    /// What the node shall have. The set has no mistakes; what has is left out.
    pub fn for_node(&self, variables: &Variables) -> Desired {
        let mut desired = Desired { node: variables.node.clone(), ..Desired::default() };
        let mut waiting_bridges = BTreeMap::new();
        for (name, bridge) in self.bridges.iter().filter(|(_, bridge)| is_for(bridge.nodes.as_ref(), &variables.node)) {
            match fill(&bridge.url, variables) {
                Ok(Ok(url)) => {
                    let minimum_contract_payment = bridge.minimum_contract_payment.as_ref().and_then(|text| text.parse().ok());
                    let payment: u128 = minimum_contract_payment.unwrap_or_default();
                    let digest = digest(&[url.as_bytes(), &bridge.confirmations.to_be_bytes(), &payment.to_be_bytes()]);
                    let confirmations = bridge.confirmations;
                    desired.bridges.insert(name.clone(), FilledBridge { url, confirmations, minimum_contract_payment, digest });
                }
                Ok(Err(missing)) => drop(waiting_bridges.insert(name.clone(), missing)),
                Err(_) => {}
            }
        }
        for (name, job) in self.jobs.iter().filter(|(_, job)| is_for(job.nodes.as_ref(), &variables.node)) {
            // What it names must be there before it.
            let Ok(spec) = spec_of(&job.toml, &Variables::example()) else { continue };
            let mut missing: BTreeSet<Variable> =
                bridges_of(&spec).iter().filter_map(|bridge| waiting_bridges.get(bridge)).flatten().copied().collect();
            match fill(&job.toml, variables) {
                Ok(Ok(text)) if missing.is_empty() => {
                    let Some(job) = FilledJob::new(&variables.node, name, &text) else { continue };
                    desired.jobs.insert(name.clone(), job);
                    continue;
                }
                Ok(Err(more)) => missing.extend(more),
                Ok(Ok(_)) | Err(_) => {}
            }
            desired.waiting.push(Waiting { kind: ItemKind::Job, name: name.clone(), variables: missing });
        }
        let bridges = waiting_bridges.into_iter().map(|(name, variables)| Waiting { kind: ItemKind::Bridge, name, variables });
        desired.waiting.extend(bridges);
        desired
    }
}

impl FilledJob {
    fn new(node_id: &str, name: &str, text: &str) -> Option<Self> {
        let spec: toml::Table = text.parse().ok()?;
        let external_job_id = external_job_id(node_id, name);
        // At the top, where no table has begun. Names and ids hold no quotes.
        let mut toml = format!("externalJobID = \"{external_job_id}\"\n");
        if !spec.contains_key("name") {
            toml += &format!("name = \"{name}\"\n");
        }
        toml += text;
        let word = |key: &str| spec.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
        let (kind, source, digest) = (word("type"), word("observationSource"), digest(&[toml.as_bytes()]));
        Some(Self { external_job_id, toml, kind, source, digest })
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bridge, Job};

    fn set() -> JobSet {
        let bridge = |url: &str| Bridge { url: url.into(), confirmations: 0, minimum_contract_payment: None, nodes: None };
        let job = |rest: &str| Job { toml: format!("type = \"cron\"\nschemaVersion = 1\n{rest}"), nodes: None };
        let uses = |name: &str| job(&format!("observationSource = 'a [type=bridge name={name}]'\n"));
        JobSet {
            bridges: [("plain".into(), bridge("http://a/")), ("late".into(), bridge("http://a/{{operator}}"))].into(),
            jobs: [
                ("plain".to_owned(), uses("plain")),
                ("late".to_owned(), uses("late")),
                ("wallet".to_owned(), job("x = \"{{wallet}}\"\n")),
                ("other".to_owned(), Job { nodes: Some(["b".repeat(12)].into()), ..job("") }),
            ]
            .into(),
        }
    }

    fn names<T>(items: &BTreeMap<String, T>) -> Vec<&str> {
        items.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_node_gets_what_is_for_it_and_what_needs_more_waits_with_what_it_needs() {
        let mut variables = Variables { node: "a".repeat(12), ..Variables::default() };
        let desired = set().for_node(&variables);
        assert_eq!((names(&desired.bridges), names(&desired.jobs)), (vec!["plain"], vec!["plain"]));
        let waiting: Vec<_> =
            desired.waiting.iter().map(|it| (it.kind, it.name.as_str(), Vec::from_iter(&it.variables))).collect();
        assert_eq!(
            waiting,
            [
                (ItemKind::Job, "late", vec![&Variable::Operator]),
                (ItemKind::Job, "wallet", vec![&Variable::Wallet]),
                (ItemKind::Bridge, "late", vec![&Variable::Operator]),
            ]
        );
        variables.wallet = Some("0xW".into());
        variables.operator = Some("0xO".into());
        let desired = set().for_node(&variables);
        assert_eq!(
            (desired.bridges["late"].url.as_str(), names(&desired.jobs)),
            ("http://a/0xO", vec!["late", "plain", "wallet"])
        );
        assert_eq!(desired.waiting, []);
        assert_eq!(names(&set().for_node(&Variables { node: "b".repeat(12), ..variables }).jobs).len(), 4);
    }

    #[test]
    fn a_jobs_id_is_that_of_its_node_and_name_for_ever() {
        let id = external_job_id("0123456789ab", "tick");
        assert_eq!(id.to_string(), "9440cff2-18c9-5fbb-a368-34158abd8b62");
        assert!(id != external_job_id("0123456789ab", "tock") && id != external_job_id("1123456789ab", "tick"));
        let variables = Variables { node: "0123456789ab".into(), ..Variables::example() };
        let filled = &set().for_node(&variables).jobs["plain"];
        let spec: toml::Table = filled.toml.parse().unwrap();
        assert_eq!(spec["externalJobID"].as_str(), Some(filled.external_job_id.to_string().as_str()));
        assert_eq!((spec["name"].as_str(), filled.kind.as_str()), (Some("plain"), "cron"));
        assert!(filled.source.contains("name=plain"));
    }
}

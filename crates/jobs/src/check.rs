//! What is wrong with a set, told before any node is asked.

use std::collections::BTreeSet;

use linkpool_primitives::{ItemKind, printable};
use toml::Table;

use crate::{Bridge, Job, JobSet, MAX_JOB_BYTES, Variables, pipeline::bridges, variable::fill};

/// Most items of either kind.
const MAX_ITEMS: usize = 200;

/// Longest name of an item.
const MAX_NAME: usize = 100;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The item; none where it is the set's.
    pub item: Option<(ItemKind, String)>,
    /// What is wrong, and what to do.
    pub sentence: String,
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.item {
            Some((kind, name)) => write!(f, "{kind} {}: {}", printable(name, MAX_NAME), self.sentence),
            None => f.write_str(&self.sentence),
        }
    }
}

impl JobSet {
    /// Everything that is wrong with it; nothing where it can be given to nodes.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut mistakes = Vec::new();
        if self.bridges.len() > MAX_ITEMS || self.jobs.len() > MAX_ITEMS {
            let sentence = format!("it has more than {MAX_ITEMS} bridges or jobs; a node lists no more on one page");
            mistakes.push(Mistake { item: None, sentence });
        }
        for (name, bridge) in &self.bridges {
            let wrong = bridge_name(name).and_then(|()| nodes(bridge.nodes.as_ref())).and_then(|()| check_bridge(bridge));
            mistakes.extend(wrong.err().map(|sentence| Mistake { item: Some((ItemKind::Bridge, name.clone())), sentence }));
        }
        for (name, job) in &self.jobs {
            let wrong = job_name(name).and_then(|()| nodes(job.nodes.as_ref())).and_then(|()| self.check_job(name, job));
            mistakes.extend(wrong.err().map(|sentence| Mistake { item: Some((ItemKind::Job, name.clone())), sentence }));
        }
        mistakes
    }

    fn check_job(&self, name: &str, job: &Job) -> Result<(), String> {
        if job.toml.len() > MAX_JOB_BYTES {
            return Err(format!("its spec has more than {MAX_JOB_BYTES} bytes; a node takes no longer ones"));
        }
        let spec = spec_of(&job.toml, &Variables::example())?;
        if spec.contains_key("externalJobID") {
            return Err("leave externalJobID out: each node gets one that is made of its id and the job's name".into());
        }
        let text = |key: &str| spec.get(key).and_then(toml::Value::as_str);
        if spec.contains_key("name") && text("name") != Some(name) {
            return Err(format!("leave `name` out of its spec, or write `name = \"{name}\"` as the set has it"));
        }
        if text("type").is_none_or(|kind| kind.is_empty() || !kind.bytes().all(|byte| byte.is_ascii_alphanumeric())) {
            return Err("its spec has no `type`, such as `type = \"cron\"`".into());
        }
        if spec.get("schemaVersion").and_then(toml::Value::as_integer) != Some(1) {
            return Err("its spec must have `schemaVersion = 1`".into());
        }
        if text("type") == Some("cron") {
            check_schedule(text("schedule").unwrap_or_default())?;
        }
        for bridge in bridges_of(&spec) {
            let Some(found) = self.bridges.get(&bridge) else {
                return Err(format!(
                    "it names the bridge {}, which the set does not have: add it, or take the job out first",
                    printable(&bridge, MAX_NAME)
                ));
            };
            let lacks = |nodes: &BTreeSet<String>| job.nodes.as_ref().is_none_or(|wanted| !wanted.is_subset(nodes));
            if found.nodes.as_ref().is_some_and(lacks) {
                return Err(format!("it is for nodes that do not get the bridge {bridge}, which it names"));
            }
        }
        Ok(())
    }
}

/// A node stores five fields, as cron itself has them, and then refuses to run by them.
fn check_schedule(schedule: &str) -> Result<(), String> {
    let fields = schedule.strip_prefix("CRON_TZ=").map(|rest| rest.split_whitespace().skip(1).count());
    if schedule.starts_with("@every ") || fields == Some(6) {
        return Ok(());
    }
    let hint = "`CRON_TZ=UTC 0 */5 * * * *`, six fields of which the first are seconds, or `@every 5m`";
    Err(format!("a node does not run by its schedule `{}`: write {hint}", printable(schedule, MAX_NAME)))
}

/// The spec of some node as a table.
pub(crate) fn spec_of(text: &str, variables: &Variables) -> Result<Table, String> {
    // Nothing is missing of the example.
    let filled = fill(text, variables)?.unwrap_or_default();
    filled.parse().map_err(|error: toml::de::Error| {
        // The parser's own sentence quotes the line, in which somebody may have put a password.
        let line = error.span().and_then(|span| filled.get(..span.start)).map_or(0, |before| before.matches('\n').count() + 1);
        format!("its spec is not TOML: line {line}: {}", printable(error.message(), 200))
    })
}

/// The bridges that a spec names.
pub(crate) fn bridges_of(spec: &Table) -> BTreeSet<String> {
    spec.get("observationSource").and_then(toml::Value::as_str).map(bridges).unwrap_or_default()
}

fn check_bridge(bridge: &Bridge) -> Result<(), String> {
    let url = fill(&bridge.url, &Variables::example())?.unwrap_or_default();
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    if url.len() > 2_000
        || url.contains(|it: char| it.is_control() || it.is_whitespace())
        || host.is_none_or(|it| it.starts_with('/') || it.is_empty())
    {
        return Err("its url must be http://… or https://…, of at most 2,000 characters".into());
    }
    let is_amount = |text: &String| (1..=27).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !bridge.minimum_contract_payment.as_ref().is_none_or(is_amount) {
        return Err("its minimum_contract_payment must be juels, a whole number in quotes".into());
    }
    Ok(())
}

/// A node writes a bridge's name in lower case, and one word must be one bridge.
fn bridge_name(name: &str) -> Result<(), String> {
    let is_usable = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_usable) {
        return Ok(());
    }
    Err(format!("its name must be 1 to {MAX_NAME} of a-z, 0-9, `-` and `_`"))
}

fn job_name(name: &str) -> Result<(), String> {
    let is_usable = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_usable) {
        return Ok(());
    }
    Err(format!("its name must be 1 to {MAX_NAME} letters, digits, `-`, `_` or `.`"))
}

fn nodes(nodes: Option<&BTreeSet<String>>) -> Result<(), String> {
    let is_id = |id: &String| id.len() == 12 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    match nodes.and_then(|nodes| nodes.iter().find(|id| !is_id(id))) {
        None => Ok(()),
        Some(id) => Err(format!("`{}` is no node's id: 12 lower-case hexadecimal digits", printable(id, 40))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(bridges: &[&str], job: &str) -> JobSet {
        let bridge =
            || Bridge { url: "http://adapter:8080/".into(), confirmations: 0, minimum_contract_payment: None, nodes: None };
        let bridges = bridges.iter().map(|name| (name.to_string(), bridge())).collect();
        let job = Job { toml: job.into(), nodes: None };
        JobSet { bridges, jobs: [("tick".to_string(), job)].into() }
    }

    fn check(set: &JobSet, expect: &[&str]) {
        let found: Vec<String> = set.mistakes().iter().map(ToString::to_string).collect();
        assert!(
            found.len() == expect.len() && found.iter().zip(expect).all(|(said, part)| said.contains(part)),
            "{found:#?} for {set:?}"
        );
    }

    const CRON: &str = "type = \"cron\"\nschemaVersion = 1\nschedule = \"CRON_TZ=UTC 0 * * * * *\"\n";

    #[test]
    fn a_job_that_a_node_would_refuse_is_refused_here_in_one_sentence() {
        let job = |rest: &str| set(&["one"], &format!("{CRON}{rest}"));
        let uses = |name: &str| format!("observationSource = '''a [type=\"bridge\" name=\"{name}\"]'''\n");
        check(&job(""), &[]);
        check(&job("name = \"tick\"\n# {{wallet}} {{operator}}\n"), &[]);
        check(&job(&uses("One")), &[]);
        check(&job(&uses("two")), &["job tick: it names the bridge two, which the set does not have"]);
        check(&job("name = \"tock\"\n"), &["job tick: leave `name` out of its spec, or write `name = \"tick\"`"]);
        check(&job("externalJobID = \"x\"\n"), &["job tick: leave externalJobID out"]);
        check(&job("x = {{walet}}\n"), &["job tick: there is no variable `{{walet}}`"]);
        check(&job("password = hunter2\n"), &["job tick: its spec is not TOML: line 4: "]);
        let cron = |schedule: &str| set(&[], &format!("type = \"cron\"\nschemaVersion = 1\nschedule = \"{schedule}\"\n"));
        check(&cron("@every 5m"), &[]);
        for bad in ["", "0 * * * * *", "CRON_TZ=UTC * * * * *", "CRON_TZ=UTC"] {
            check(&cron(bad), &["a node does not run by its schedule"]);
        }
        check(&set(&[], "schemaVersion = 1\n"), &["it has no `type`"].map(|_| "its spec has no `type`"));
        check(&set(&[], "type = \"cron\"\n"), &["must have `schemaVersion = 1`"]);
        check(&set(&[], &"#".repeat(MAX_JOB_BYTES + 1)), &["more than 16384 bytes"]);
    }

    #[test]
    fn a_misplaced_secret_is_not_repeated() {
        let mistakes = set(&[], "password = hunter2 oops\n").mistakes();
        assert!(mistakes.len() == 1 && !mistakes[0].to_string().contains("hunter2"), "{mistakes:?}");
    }

    #[test]
    fn names_urls_amounts_and_node_ids_are_checked() {
        let with = |name: &str, change: fn(&mut Bridge)| {
            let mut set = set(&[name], CRON);
            set.bridges.values_mut().for_each(change);
            set
        };
        check(&with("one", |_| {}), &[]);
        check(&with("One", |_| {}), &["bridge One: its name must be 1 to 100 of a-z"]);
        check(&with("", |_| {}), &["its name must be"]);
        for url in ["", "adapter", "ftp://x", "http://", "http:///x", "http://a b", "http://x/\n"] {
            let mut set = set(&["one"], CRON);
            set.bridges.values_mut().for_each(|bridge| bridge.url = url.into());
            check(&set, &["its url must be http://"]);
        }
        check(&with("one", |it| it.url = "https://x/{{wallet}}?a=1".into()), &[]);
        check(&with("one", |it| it.url = "https://x/{{walet}}".into()), &["no variable"]);
        check(&with("one", |it| it.minimum_contract_payment = Some("100".into())), &[]);
        check(&with("one", |it| it.minimum_contract_payment = Some("0.1".into())), &["must be juels"]);
        check(&with("one", |it| it.nodes = Some(["node".to_string()].into())), &["`node` is no node's id"]);
        let mut some = set(&["one"], &format!("{CRON}observationSource = 'a [type=bridge name=one]'\n"));
        some.bridges.values_mut().for_each(|it| it.nodes = Some(["0123456789ab".to_string()].into()));
        check(&some, &["it is for nodes that do not get the bridge one"]);
        some.jobs.values_mut().for_each(|it| it.nodes = Some(["0123456789ab".to_string()].into()));
        check(&some, &[]);
    }
}

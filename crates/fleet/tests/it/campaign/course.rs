//! What nodes went through, as their fleet has stored it, and what was done to them: for whoever reads why one did not serve.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use linkpool_db::Database;
use tokio::{task::JoinHandle, time::sleep};

use super::probe::Gap;

const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// What came before a gap is part of its reason.
const BEFORE_TIME: Duration = Duration::from_secs(15);
/// Most lines of a node.
const KEPT: usize = 2_000;

/// A line and when.
type Line = (Instant, String);

#[derive(Default)]
struct Told {
    lines: HashMap<String, VecDeque<Line>>,
    last: HashMap<String, String>,
    /// What was done to a node, or to the fleet, which is all nodes'.
    troubles: Vec<(Instant, Option<String>)>,
}

/// Written down until it is dropped.
pub struct Course {
    told: Arc<Mutex<Told>>,
    task: JoinHandle<()>,
}

impl Course {
    pub fn begin(database: &Database, ids: &[String]) -> Self {
        let told = Arc::<Mutex<Told>>::default();
        let task = tokio::spawn(look(database.clone(), ids.to_vec(), told.clone()));
        Self { told, task }
    }

    /// Something was done to a node, or to the fleet.
    pub fn trouble(&self, id: Option<&str>, what: &str) {
        let mut told = self.told.lock().unwrap();
        let now = Instant::now();
        told.troubles.push((now, id.map(str::to_owned)));
        let all: Vec<String> = id.map_or_else(|| told.lines.keys().cloned().collect(), |id| vec![id.to_owned()]);
        for id in all {
            told.add(&id, (now, format!("! {what}")));
        }
    }

    /// The longest time within a gap in which nothing was done to the node or its fleet, and still nobody served.
    pub fn undisturbed(&self, gap: &Gap) -> Duration {
        let told = self.told.lock().unwrap();
        let is_meant = |id: &Option<String>| id.as_ref().is_none_or(|id| *id == gap.id);
        let within = told.troubles.iter().filter(|(at, id)| is_meant(id) && (gap.begin..gap.end).contains(at)).map(|(at, _)| *at);
        let marks: Vec<Instant> = std::iter::once(gap.begin).chain(within).chain([gap.end]).collect();
        marks.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }

    /// What is known of a gap, a line each.
    pub fn of(&self, gap: &Gap) -> String {
        let told = self.told.lock().unwrap();
        let begin = gap.begin.checked_sub(BEFORE_TIME).unwrap_or(gap.begin);
        let lines = told.lines.get(&gap.id).into_iter().flatten().filter(|(at, _)| (begin..=gap.end).contains(at));
        let line = |(at, text): &Line| {
            let seconds = if *at < gap.begin { -(gap.begin - *at).as_secs_f64() } else { (*at - gap.begin).as_secs_f64() };
            format!("  {seconds:8.1} {text}\n")
        };
        format!("node {} for {:.1} s\n{}", gap.id, gap.seconds(), lines.map(line).collect::<String>())
    }
}

impl Told {
    fn add(&mut self, id: &str, line: Line) {
        let lines = self.lines.entry(id.to_owned()).or_default();
        if lines.len() == KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn look(database: Database, ids: Vec<String>, told: Arc<Mutex<Told>>) {
    loop {
        // One that can't be asked is asked again.
        if let Ok(seen) = states(&database, &ids).await {
            let mut told = told.lock().unwrap();
            for (id, text) in seen {
                if told.last.insert(id.clone(), text.clone()).as_ref() != Some(&text) {
                    told.add(&id, (Instant::now(), text));
                }
            }
        }
        sleep(LOOK_INTERVAL).await;
    }
}

async fn states(database: &Database, ids: &[String]) -> linkpool_db::Result<Vec<(String, String)>> {
    let (nodes, rolling, replicas) = (database.fleet_nodes().await?, database.rolling_nodes().await?, database.replicas().await?);
    let of = |id: &String| {
        let node = nodes.iter().find(|node| node.id == *id)?;
        let mut text = format!("{} g{} {}", node.version.as_deref().unwrap_or("-"), node.generation, node.health);
        for step in rolling.iter().filter(|rolling| rolling.node_id == *id) {
            let (from, to) = (step.from_generation.unwrap_or_default(), step.to_generation.unwrap_or_default());
            text += &format!("; {} of {} g{from}>g{to} {}", step.step, step.state, step.error.as_deref().unwrap_or_default());
        }
        for replica in replicas.iter().filter(|replica| replica.node_id == *id) {
            let detail = replica.detail.as_deref().map(|detail| format!(" ({detail})")).unwrap_or_default();
            text += &format!("; {} {} #{}{detail}", replica.replica_id, replica.state, replica.starts);
        }
        Some((id.clone(), text))
    };
    Ok(ids.iter().filter_map(of).collect())
}

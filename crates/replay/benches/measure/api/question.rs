//! What the API is asked.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result};

use super::client::Client;

/// Entries of a page; as many stakers are asked for.
const PAGE: usize = 500;

/// Whether a request is one that others have asked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Same,
    /// The same question, written as nobody has written it yet, so that it is answered from the database.
    New,
}

pub struct Question {
    pub name: &'static str,
    /// Asked in turn.
    paths: Vec<String>,
    /// Whether answers are kept at all.
    pub is_kept: bool,
    asked: AtomicU64,
    written: AtomicU64,
}

impl Question {
    fn new(name: &'static str, paths: Vec<String>) -> Self {
        Self { name, paths, is_kept: name != "status", asked: AtomicU64::new(0), written: AtomicU64::new(0) }
    }

    /// Asks each once, so that it is kept.
    pub async fn warm(&self, address: &str) -> Result<()> {
        let mut client = Client::connect(address).await?;
        for path in &self.paths {
            client.ask(path).await?;
        }
        Ok(())
    }

    pub fn next(&self, key: Key) -> String {
        let place = self.asked.fetch_add(1, Ordering::Relaxed);
        // A large prime as the step: neighbours in the database are not asked one after the other.
        let path = &self.paths[(place.wrapping_mul(7_919) % self.paths.len() as u64) as usize];
        match key {
            Key::Same => path.clone(),
            Key::New => written_anew(path, self.written.fetch_add(1, Ordering::Relaxed)),
        }
    }
}

/// All routes that dashboards ask, each as they would.
pub async fn all(address: &str) -> Result<Vec<Question>> {
    let mut client = Client::connect(address).await?;
    let (nodes, stakers) = (nodes(&mut client).await?, stakers(&mut client).await?);
    let of_nodes = |rest: &str| nodes.iter().map(|node| format!("/nodes/{node}{rest}")).collect();
    let one = |path: &str| vec![path.to_owned()];
    Ok(vec![
        Question::new("pool", one("/pool?at=head")),
        nodes_page(),
        Question::new("node", of_nodes("?at=head")),
        Question::new("node_stakes", of_nodes("/stakes?limit=50")),
        Question::new("node_events", of_nodes("/events?limit=50")),
        Question::new("stakers", one("/stakers?limit=50")),
        Question::new("staker", stakers.iter().map(|staker| format!("/stakers/{staker}?limit=50")).collect()),
        Question::new("events", one("/events?limit=50")),
        Question::new("history", one("/history?interval=1d")),
        Question::new("status", one("/status")),
    ])
}

/// The page that most of its readers take compressed.
pub fn nodes_page() -> Question {
    Question::new("nodes", vec!["/nodes?limit=50".to_owned()])
}

async fn nodes(client: &mut Client) -> Result<Vec<String>> {
    addresses(&client.json(&format!("/nodes?limit={PAGE}")).await?)
}

async fn stakers(client: &mut Client) -> Result<Vec<String>> {
    addresses(&client.json(&format!("/stakers?limit={PAGE}")).await?)
}

fn addresses(page: &serde_json::Value) -> Result<Vec<String>> {
    let rows = page["data"].as_array().context("a list")?;
    rows.iter().map(|row| row["address"].as_str().map(str::to_owned).context("an address")).collect()
}

/// The same request in other letters: those of its query are percent-encoded or not as the bits of `number` say, and what is left of
/// the number is so many `&` at its end, which mean nothing.
fn written_anew(path: &str, mut number: u64) -> String {
    let (before, query) = path.split_once('?').unwrap_or((path, ""));
    let mut text = format!("{before}?");
    for character in query.chars() {
        if character.is_ascii_alphanumeric() {
            match number & 1 {
                0 => text.push(character),
                _ => text.push_str(&format!("%{:02x}", u32::from(character))),
            }
            number >>= 1;
        } else {
            text.push(character);
        }
    }
    text.extend(std::iter::repeat_n('&', number as usize));
    text
}

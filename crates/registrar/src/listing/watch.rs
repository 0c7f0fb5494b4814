//! The nodes of the list are looked at, round by round.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use linkpool_db::fleet::{FleetNode, ListedName, Replica, Source};
use linkpool_health::{DeduplicatedLog, DeduplicatedLogs};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    directory::{self, BadFile},
    list::{ListedNode, MAX_NODES},
    probe,
};
use crate::{Result, context::Context};

/// Most nodes talked to at once.
const MAX_LOOKS: usize = 64;

/// The list as last read, and the looks under way.
#[derive(Debug)]
pub(crate) struct Lists {
    /// At most one for each node of the list.
    tasks: JoinSet<(String, Result<()>)>,
    /// Held by a look that talks to its node.
    looks: Arc<Semaphore>,
    busy: HashSet<String>,
    /// What was wrong with each file when it was last read.
    bad: HashMap<PathBuf, String>,
    directory: DeduplicatedLog,
    unusable: DeduplicatedLogs,
    /// About nodes that could not be looked at.
    unseen: DeduplicatedLogs,
    /// The directory as it was when it could be read; `None` while it never could.
    known: Option<Vec<ListedNode>>,
}

impl Default for Lists {
    fn default() -> Self {
        Self {
            tasks: JoinSet::new(),
            looks: Arc::new(Semaphore::new(MAX_LOOKS)),
            busy: HashSet::new(),
            bad: HashMap::new(),
            directory: DeduplicatedLog::default(),
            unusable: DeduplicatedLogs::default(),
            unseen: DeduplicatedLogs::default(),
            known: None,
        }
    }
}

impl Lists {
    /// One round: reads the list and starts a look at each node of it that is not being looked at.
    pub async fn round(&mut self, context: &Context) -> Result<()> {
        while let Some(ended) = self.tasks.try_join_next() {
            match ended {
                Ok((name, outcome)) => {
                    self.busy.remove(&name);
                    match outcome {
                        Ok(()) => self.unseen.over(&name),
                        Err(error) => self.unseen.warn(&name, &error, "a listed node could not be looked at"),
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "a look at a listed node panicked");
                    self.busy.clear();
                }
            }
        }
        let listed = self.read(context);
        let names: HashSet<&str> = listed.iter().map(|(_, node)| node.name.as_str()).collect();
        let is_unread = context.config.listing.directory.is_some() && self.known.is_none();
        for node in context.database.listed_nodes().await? {
            if is_unread && node.source == Source::Directory {
                continue;
            }
            if !node.listed_name.as_deref().is_some_and(|name| names.contains(name)) {
                self.unlisted(context, &node).await?;
            }
        }
        for (source, node) in listed {
            if !self.busy.insert(node.name.clone()) {
                continue;
            }
            let listed = ListedName { source, name: node.name.clone(), proof_mode: node.address.proof };
            let node_id = context.database.listed_node(&listed).await?;
            let (look, looks) = (probe::look(context.clone(), node_id, node.address), self.looks.clone());
            self.tasks.spawn(async move {
                let _turn = looks.acquire_owned().await;
                (node.name, look.await)
            });
        }
        Ok(())
    }

    /// The settings' nodes, then the directory's; a name counts once.
    fn read(&mut self, context: &Context) -> Vec<(Source, ListedNode)> {
        let listing = &context.config.listing;
        if let Some(path) = &listing.directory {
            match directory::read(path) {
                Ok((nodes, bad)) => {
                    self.directory.over();
                    self.complain(bad);
                    self.known = Some(nodes);
                }
                Err(error) => self.directory.warn(&error, "the directory of nodes can't be read; the nodes known from it stay"),
            }
        }
        let from = |source, nodes: &[ListedNode]| nodes.iter().map(move |node| (source, node.clone())).collect::<Vec<_>>();
        let mut listed = from(Source::Settings, &listing.nodes);
        for (source, node) in from(Source::Directory, self.known.as_deref().unwrap_or_default()) {
            if !listed.iter().any(|(_, other)| other.name == node.name) {
                listed.push((source, node));
            }
        }
        if listed.len() > MAX_NODES {
            tracing::error!(listed = listed.len(), "more nodes are listed than one registrar looks at; the rest is left out");
            listed.truncate(MAX_NODES);
        }
        listed
    }

    fn complain(&mut self, bad: Vec<BadFile>) {
        self.bad = bad.into_iter().map(|file| (file.path, file.reason)).collect();
        for (path, reason) in &self.bad {
            self.unusable.warn(&path.display().to_string(), reason, "a node's file is not usable; the other nodes go on");
        }
        self.unusable.only(&self.bad.keys().map(|path| path.display().to_string()).collect());
    }

    /// A node whose name is on no list any more, or whose file has become unusable.
    async fn unlisted(&self, context: &Context, node: &FleetNode) -> Result<()> {
        let is_file_of = |path: &&PathBuf| path.file_stem().and_then(|stem| stem.to_str()) == node.listed_name.as_deref();
        let detail = match self.bad.keys().find(is_file_of) {
            Some(path) => format!("its file {} is not usable: {}", path.display(), self.bad[path]),
            None => "neither the settings nor the directory lists it any more".to_owned(),
        };
        let replica = probe::unlisted(&node.id, detail);
        let known: Vec<Replica> = context.database.replicas_of(&node.id).await?;
        if known.iter().any(|known| (known.state, &known.detail) == (replica.state, &replica.detail)) {
            return Ok(());
        }
        probe::store(context, &node.id, &[replica]).await
    }
}

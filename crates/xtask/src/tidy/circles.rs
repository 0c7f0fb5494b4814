//! No file imports itself over others: what two files need of each other belongs into a third.
//!
//! An import is a `use`, or a path that begins with `crate`, `self`, `super`, a module of the file's own or a name that was imported. It
//! leads to the file that has the item, whatever re-exports lie between. Re-exports themselves, and what is for tests, are no imports.

mod imports;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::imports::{File, Module, module};
use super::sources::Source;

type Edges<'m> = BTreeMap<&'m Module, BTreeSet<&'m Module>>;

pub fn check(sources: &[Source]) -> Vec<String> {
    let mut crates: BTreeMap<&str, BTreeMap<Module, File>> = BTreeMap::new();
    for source in sources {
        if let Some((name, module)) = module(&source.path) {
            crates.entry(name).or_default().insert(module, File::read(source));
        }
    }
    crates
        .iter()
        .flat_map(|(name, files)| of_crate(files).into_iter().map(move |said| format!("crates/{name}: {said}")))
        .collect()
}

/// A sentence about each circle.
fn of_crate(files: &BTreeMap<Module, File>) -> Vec<String> {
    let edges: Edges = files.iter().map(|(module, file)| (module, imports::of(module, file, files))).collect();
    let reached: Edges = edges.keys().map(|start| (*start, reachable(start, &edges))).collect();
    let (mut told, mut found) = (BTreeSet::new(), Vec::new());
    for (start, all) in reached.iter().filter(|(start, all)| all.contains(*start)) {
        if told.contains(start) {
            continue;
        }
        let members: BTreeSet<&Module> = all.iter().copied().filter(|other| reached[other].contains(start)).collect();
        let way = shortest(start, &edges);
        let names: Vec<&str> = way.iter().chain([start]).map(|module| files[*module].path.as_str()).collect();
        found.push(format!(
            "{} files in a circle: {}: what they share belongs into a file of its own",
            members.len(),
            names.join(" imports ")
        ));
        told.extend(members);
    }
    found
}

/// What a file imports, and what that imports, and so on.
fn reachable<'m>(start: &Module, edges: &Edges<'m>) -> BTreeSet<&'m Module> {
    let (mut reached, mut queue) = (BTreeSet::new(), vec![start]);
    while let Some(module) = queue.pop() {
        for next in edges.get(module).into_iter().flatten().copied() {
            if reached.insert(next) {
                queue.push(next);
            }
        }
    }
    reached
}

/// The way back to `start` over the fewest files; empty where there is none.
fn shortest<'m>(start: &'m Module, edges: &Edges<'m>) -> Vec<&'m Module> {
    let mut came: BTreeMap<&Module, &Module> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(module) = queue.pop_front() {
        for next in edges.get(module).into_iter().flatten().copied() {
            if next == start {
                let mut way = vec![module];
                while let Some(before) = came.get(way[way.len() - 1]) {
                    way.push(before);
                }
                way.reverse();
                return way;
            }
            if !came.contains_key(next) {
                came.insert(next, module);
                queue.push_back(next);
            }
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests;

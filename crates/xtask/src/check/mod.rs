//! `cargo xtask check`: exactly what CI runs.

mod parts;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Instant,
};

use anyhow::Result;

use self::parts::{Part, STAGES, Stage};
use crate::{
    count::Count,
    failure::{bad_input, counted},
};

/// What was run so far, by everybody who runs parts.
struct Report {
    keeps_going: bool,
    is_over: AtomicBool,
    done: Mutex<Vec<(&'static str, f64, Count)>>,
}

pub fn run(arguments: &[String]) -> Result<()> {
    let names = names(arguments)?;
    let report = Report {
        keeps_going: arguments.iter().any(|argument| argument == "--keep-going"),
        is_over: AtomicBool::new(false),
        done: Mutex::default(),
    };
    let chosen = |part: &&Part| names.is_empty() || names.iter().any(|name| *name == part.name);
    for Stage { before, behind } in STAGES {
        thread::scope(|scope| {
            scope.spawn(|| behind.iter().filter(chosen).for_each(|part| report.carry_out(part)));
            before.iter().filter(chosen).for_each(|part| report.carry_out(part));
        });
    }
    report.close()
}

impl Report {
    fn carry_out(&self, part: &Part) {
        if self.is_over.load(Ordering::Relaxed) {
            return;
        }
        println!("== {}", part.name);
        let begun = Instant::now();
        let count = (part.run)().unwrap_or_else(|error| {
            println!("{}: {error:#}", part.name);
            Count::ONE_FAILED
        });
        if count.failed > 0 && !self.keeps_going {
            self.is_over.store(true, Ordering::Relaxed);
        }
        let seconds = begun.elapsed().as_secs_f64();
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push((part.name, seconds, count));
    }

    fn close(self) -> Result<()> {
        let (mut total, mut failed) = (Count::default(), Vec::new());
        println!();
        for (name, seconds, count) in self.done.into_inner().unwrap_or_else(PoisonError::into_inner) {
            println!("{seconds:>8.1} s  {name:<10} {count}");
            total += count;
            failed.extend((count.failed > 0).then_some(name));
        }
        if !failed.is_empty() {
            println!("failed: {}", failed.join(", "));
        }
        println!("{total}");
        if failed.is_empty() { Ok(()) } else { Err(counted()) }
    }
}

/// The parts that were asked for; all if it is none.
fn names(arguments: &[String]) -> Result<Vec<&String>> {
    let names: Vec<&String> = arguments.iter().filter(|argument| *argument != "--keep-going").collect();
    let all: Vec<&str> = STAGES.iter().flat_map(|stage| stage.before.iter().chain(stage.behind)).map(|part| part.name).collect();
    if let Some(unknown) = names.iter().find(|name| !all.contains(&name.as_str())) {
        return Err(bad_input(format!("there is no part `{unknown}`: there are {}", all.join(", "))));
    }
    Ok(names)
}

//! Several programs with tests at once, because most tests wait for a block, a lease or a time-out more than they work.

use std::{
    collections::VecDeque,
    fmt::Write,
    process::Command,
    sync::{Mutex, PoisonError},
    thread,
    time::Instant,
};

use anyhow::{Result, anyhow};

use crate::{
    count::{Count, tally},
    shell,
};

/// A program, what to call it, and how its closing lines are read.
pub struct Job {
    pub name: String,
    pub command: Command,
    pub read: fn(&str) -> Option<Count>,
}

/// Runs all of them, so many at a time, in their order. What one prints is kept together and shown when it ends.
pub fn run(jobs: impl IntoIterator<Item = Job>, at_once: usize) -> Result<Count> {
    let queue = Mutex::new(jobs.into_iter().collect::<VecDeque<_>>());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let worker = || -> Result<Count> {
        let mut total = Count::default();
        while let Some(job) = next() {
            total += run_one(job)?;
        }
        Ok(total)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once.max(1)).map(|_| scope.spawn(worker)).collect();
        let counts = workers.into_iter().map(|worker| worker.join().map_err(|_| anyhow!("a runner of tests panicked"))?);
        // Not before the last one ended: nobody who failed leaves the others' output unread.
        counts.collect::<Vec<_>>().into_iter().try_fold(Count::default(), |mut total, count| {
            total += count?;
            Ok(total)
        })
    })
}

fn run_one(Job { name, mut command, read }: Job) -> Result<Count> {
    let (begun, mut said) = (Instant::now(), String::new());
    let run = |look: &mut dyn FnMut(&str)| {
        shell::run_quietly(&mut command, |line| {
            look(line);
            // Writing to a string cannot fail.
            let _ = writeln!(said, "{line}");
        })
    };
    let count = tally(run, read)?;
    // In one call, which holds the lock of stdout: no other program's lines come between.
    println!("-- {name}: {:.1} s\n{}", begun.elapsed().as_secs_f64(), said.trim_end());
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(script: String) -> Job {
        let mut command = Command::new("sh");
        command.arg("-c").arg(script);
        Job { name: "a script".to_owned(), command, read: crate::count::cargo_test }
    }

    #[test]
    fn what_all_of_them_count_is_added_and_who_fails_without_a_count_is_one_failure() {
        let ok = || job("echo 'test result: ok. 3 passed; 0 failed'".to_owned());
        let crash = job("echo 'test result: ok. 1 passed; 0 failed'; exit 3".to_owned());
        let counted = job("echo 'test result: FAILED. 1 passed; 2 failed' >&2; exit 1".to_owned());
        let total = run([ok(), crash, counted, ok()], 3).unwrap();
        assert_eq!(total, Count { passed: 8, failed: 3 });
    }

    #[test]
    fn so_many_run_at_once_and_no_more() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name).display().to_string();
        // Each of two waits for the other to have begun; the third one finds both of them ended.
        let meet = |own: &str, other: &str| {
            let [mine, theirs, ended] = [file(own), file(other), file(&format!("{own}.ended"))];
            let look = format!("until [ -e {theirs} ]; do n=$((n+1)); [ $n -lt 500 ] || exit 1; sleep 0.02; done");
            job(format!("touch {mine}; {look}; touch {ended}; echo 'test result: ok. 1 passed; 0 failed'"))
        };
        let third = job(format!("[ -e {} ] || [ -e {} ]", file("one.ended"), file("two.ended")));
        let total = run([meet("one", "two"), meet("two", "one"), third], 2).unwrap();
        assert_eq!(total, Count { passed: 2, failed: 0 });
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error_after_the_others_ran() {
        let missing = Job { name: String::new(), command: Command::new("/nowhere/at/all"), read: crate::count::cargo_test };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ran");
        let error = run([missing, job(format!("touch {}", file.display()))], 2).unwrap_err();
        assert!(error.to_string().contains("cannot be started") && file.exists(), "{error}");
    }
}

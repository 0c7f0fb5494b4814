use std::{fs, os::unix::process::ExitStatusExt, time::Instant};

use super::*;

fn shell(script: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    command
}

fn lives(pid: i32) -> bool {
    Pid::from_raw(pid).is_some_and(|pid| Stat::of(pid).unwrap().is_some_and(|stat| !stat.has_ended))
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < deadline, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_process_of_its_own_outlives_its_handle_and_is_found_by_its_trace() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let started = Process::start(shell("exec sleep 60"), Life::OfItsOwn, &trace, "third start").await.unwrap();
    let pid = started.id();
    drop(started);
    let mut found = Process::adopt(&trace, Life::OfItsOwn).unwrap().expect("it lives");
    assert_eq!((found.process.id(), found.note.as_str()), (pid, "third start"));
    found.process.stop(Duration::from_secs(10)).await.unwrap();
    assert!(!lives(pid));
    assert!(Process::adopt(&trace, Life::OfItsOwn).unwrap().is_none(), "a dead process was found alive");
}

#[tokio::test]
async fn one_that_is_to_end_with_us_ends_with_its_handle() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(shell("exec sleep 60"), Life::WithParent, &folder.path().join("trace"), "").await.unwrap();
    let pid = process.id();
    drop(process);
    until("its end", || !lives(pid)).await;
}

#[tokio::test]
async fn one_that_is_to_end_with_us_outlives_the_thread_that_asked_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let runtime = Handle::current();
    let start = move || runtime.block_on(Process::start(shell("exec sleep 60"), Life::WithParent, &trace, ""));
    let ask = || std::thread::spawn(start).join().unwrap();
    let mut process = tokio::task::spawn_blocking(ask).await.unwrap().unwrap();
    let ended = timeout(Duration::from_millis(300), process.ended()).await;
    assert!(ended.is_err(), "the death signal came from a thread: {ended:?}");
}

#[tokio::test]
async fn a_number_that_was_given_to_another_process_is_nobody_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let stranger = Process::start(shell("exec sleep 60"), Life::WithParent, &trace, "").await.unwrap();
    let text = fs::read_to_string(&trace).unwrap();
    let started = Trace::read(&trace).unwrap().unwrap().stat.started;
    let check = |text: &str, found: bool| {
        fs::write(&trace, text).unwrap();
        assert_eq!(Process::adopt(&trace, Life::OfItsOwn).unwrap().is_some(), found, "{text}");
    };
    check(&text, true);
    check(&text.replace(&started.to_string(), &(started - 1).to_string()), false);
    let (machine, rest) = text.split_once('\n').unwrap();
    check(&format!("another {machine}\n{rest}"), false);
    check(machine, false);
    assert!(lives(stranger.id()), "a stranger was harmed");
}

#[tokio::test]
async fn one_that_has_ended_and_was_not_buried_is_dead() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let process = Process::start(shell("exit 3"), Life::OfItsOwn, &trace, "").await.unwrap();
    until("a zombie", || !lives(process.id())).await;
    assert!(Process::adopt(&trace, Life::OfItsOwn).unwrap().is_none());
}

#[tokio::test]
async fn a_parent_learns_how_it_ended_and_a_stranger_that_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    let mut process = Process::start(shell("exec sleep 60"), Life::OfItsOwn, &trace, "").await.unwrap();
    let mut watched = Process::adopt(&trace, Life::OfItsOwn).unwrap().unwrap().process;
    process.signal(Signal::KILL).unwrap();
    assert_eq!(watched.ended().await.unwrap(), None);
    assert_eq!(process.ended().await.unwrap().and_then(|status| status.signal()), Some(9));
    watched.signal(Signal::TERM).unwrap();
}

#[tokio::test]
async fn one_that_ignores_sigterm_is_killed_with_those_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let (trace, ready) = (folder.path().join("trace"), folder.path().join("ready"));
    let script = format!("trap '' TERM; sleep 60 & echo $! > {0}.part; mv {0}.part {0}; wait; sleep 60", ready.display());
    let mut process = Process::start(shell(&script), Life::OfItsOwn, &trace, "").await.unwrap();
    until("the second process", || ready.exists()).await;
    let second = fs::read_to_string(&ready).unwrap().trim().parse().unwrap();
    process.stop(Duration::from_millis(200)).await.unwrap();
    until("the end of both", || !lives(process.id()) && !lives(second)).await;
}

//! Who migrates: `linkpool migrate`, and nobody else. Roles wait for it, commands say so.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use linkpool_db::{Connect, Database, schema::Schema};
use linkpool_testkit::TestDatabase;
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    fixture::CliFixture,
    program::{assert_refused, linkpool},
};

const WAIT_TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
const COMMANDS: [&str; 7] = ["tx list", "tx show 1", "signer status", "verify", "repair", "guard status", "penalty list"];

/// Settings that name this database.
async fn fixture(url: &str) -> CliFixture {
    let (fixture, ..) = CliFixture::with_pool(|_, _| {}).await;
    let settings = fs::read_to_string(fixture.path("linkpool.toml")).unwrap();
    let settings = settings.replace(fixture.database.url(), url).replace("pool = ", "# pool = ");
    let registrar = "[registrar]\nkeystore = \"keystore.json\"\npassword_file = \"password\"\n";
    fs::write(fixture.path("linkpool.toml"), settings + registrar).unwrap();
    fixture
}

fn tables(database: &TestDatabase) -> Vec<String> {
    database.server().run(database.name(), "select tablename from pg_tables where schemaname = 'public'").unwrap()
}

/// Runs what has to end by itself: a role that refuses nothing would go on for ever.
fn ended(fixture: &CliFixture, line: &str) -> Output {
    let mut child = fixture.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + WAIT_TIMEOUT;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            break;
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    child.wait_with_output().unwrap()
}

/// A role that may be waiting, with its log.
struct Role(Child);

impl Role {
    fn start(mut command: Command, log: &Path) -> Self {
        let log = fs::File::create(log).unwrap();
        Self(command.stdout(Stdio::from(log.try_clone().unwrap())).stderr(Stdio::from(log)).spawn().unwrap())
    }

    fn says(&mut self, log: &Path, text: &str) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        loop {
            let said = fs::read_to_string(log).unwrap();
            if said.contains(text) {
                return;
            }
            assert!(Instant::now() < deadline && self.0.try_wait().unwrap().is_none(), "never said `{text}`: {said}");
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn stop(mut self) -> Option<i32> {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        self.0.wait().unwrap().code()
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_say_what_to_do_about_an_older_schema_and_change_nothing() {
    let empty = TestDatabase::create().await.unwrap();
    let fixture = fixture(empty.url()).await;
    for line in COMMANDS {
        assert_refused(&fixture.run(line), 3, &["the database is empty", "run `linkpool migrate`"]);
    }
    let check = fixture.run("migrate --check");
    assert_refused(&check, 3, &["run `linkpool migrate`"]);
    assert!(String::from_utf8_lossy(&check.stdout).contains("would apply 1 (chain)"), "{check:?}");
    assert_eq!(tables(&empty), Vec::<String>::new(), "something migrated");

    let said = fixture.succeed("migrate");
    let up_to_date = format!("the database is up to date: schema {}\n", Schema::known());
    assert!(said.starts_with("applied 1 (chain)\n") && said.ends_with(&up_to_date), "{said}");
    assert_eq!(fixture.succeed("migrate"), up_to_date);
    assert_eq!(fixture.succeed("migrate --check"), up_to_date);
    assert_eq!(fixture.succeed("tx list").lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_worked_on_until_it_asks_for_a_newer_executable() {
    let database = TestDatabase::create().await.unwrap();
    let fixture = fixture(database.url()).await;
    fixture.succeed("migrate");
    let newer = Schema::known() + 1;
    let run = |sql: &str| database.server().run(database.name(), sql).unwrap();
    run(&format!(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time) values ({newer}, 'tomorrow', true, '', 0)"
    ));
    fixture.succeed("tx list");
    assert!(fixture.succeed("migrate").contains(&format!("schema {newer}, newer than this linkpool's")));
    run(&format!("update compatibility set needs = {newer}"));
    for line in ["tx list", "migrate", "migrate --check", "api", "index --deploy-block 0", "registrar", "fleet --no-nodes"] {
        let sentence = format!("the database has schema {newer}");
        assert_refused(&ended(&fixture, line), 3, &[&sentence, "use the release that migrated it"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_starts_before_the_migration_waits_for_it_says_so_and_can_be_stopped() {
    let database = TestDatabase::create().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (log, log_of_another) = (folder.path().join("log"), folder.path().join("another"));
    let command = || {
        let mut command = linkpool();
        command.current_dir(folder.path()).args(["api", "--listen", "127.0.0.1:0", "--database-url", database.url()]);
        command
    };
    let mut role = Role::start(command(), &log);
    let mut another = Role::start(command(), &log_of_another);
    for (role, log) in [(&mut role, &log), (&mut another, &log_of_another)] {
        role.says(log, "the database is empty, this linkpool needs schema");
        role.says(log, "this role waits for it");
    }
    assert_eq!(another.stop(), Some(0), "stopping a role that waits is no failure");
    assert_eq!(tables(&database), Vec::<String>::new(), "a role migrated");
    assert!(!fs::read_to_string(&log).unwrap().contains("serving"), "it serves what it can't read");
    Database::connect(&Connect::new(database.url()).patient()).await.unwrap().migrate().await.unwrap();
    role.says(&log, "the database has its migrations");
    role.says(&log, "serving the page and the API at");
    assert_eq!(role.stop(), Some(0));
}

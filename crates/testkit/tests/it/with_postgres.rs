use std::process::Command;

fn with_postgres(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_with-postgres")).args(arguments).output().unwrap()
}

#[test]
fn the_command_gets_a_database_with_the_migrations_and_its_exit_code_is_passed_on() {
    let migrations = tempfile::tempdir().unwrap();
    std::fs::write(migrations.path().join("0001_first.sql"), "create table first (n int);").unwrap();
    std::fs::write(migrations.path().join("0002_second.sql"), "insert into first values (1);").unwrap();
    let folder = migrations.path().to_str().unwrap();
    let output = with_postgres(&["--migrations", folder, "--", "sh", "-c", "echo $DATABASE_URL; exit 7"]);
    assert_eq!(output.status.code(), Some(7));
    let url = String::from_utf8(output.stdout).unwrap();
    assert!(url.starts_with("postgres://linkpool:") && url.contains("/linkpool?"), "{url}");
}

#[test]
fn a_broken_migration_is_named_with_its_fault() {
    let migrations = tempfile::tempdir().unwrap();
    std::fs::write(migrations.path().join("0001_first.sql"), "create tabel first (n int);").unwrap();
    let output = with_postgres(&["--migrations", migrations.path().to_str().unwrap(), "--", "true"]);
    assert_eq!(output.status.code(), Some(5));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("0001_first.sql: Postgres refused: syntax error at or near \"tabel\""), "{message}");
}

#[test]
fn a_missing_command_is_bad_input() {
    let output = with_postgres(&["--migrations"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("usage: with-postgres"));
}

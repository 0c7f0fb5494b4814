//! The contracts' tests.

use anyhow::Result;

use crate::{
    count::{self, Count, run_counted},
    install, shell,
};

/// The filter is a pattern of test names.
pub fn run(filter: &[String]) -> Result<Count> {
    let mut forge = shell::command(install::forge()?);
    forge.arg("test");
    if let [pattern, ..] = filter {
        forge.arg("--match-test").arg(pattern);
    }
    run_counted(&mut forge, count::forge)
}

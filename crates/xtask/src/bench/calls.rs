//! What a fleet of 110 nodes on ECS asks AWS for in a minute, by the buckets in which AWS counts: while nothing happens, and while nodes are rolled. Of
//! stand-ins, on a stand-in for AWS at AWS's pace. It fails where more than 60 % of a bucket is used.

use anyhow::Result;

use super::row::{Row, printed};
use crate::{dev, shell, test::package};

const MEASURE: &str = "campaign::calls::how_often_aws_is_asked_while_nothing_happens_and_while_nodes_are_rolled";

pub fn run() -> Result<Vec<Row>> {
    let executable = dev::build()?;
    let program = package::program(&["linkpool-fleet-ecs"], "ecs-", &["--test", "ecs"])?;
    let mut command = shell::command(&program.path);
    command.current_dir(&program.folder).args(["--ignored", "--exact", MEASURE, "--nocapture"]).env("LINKPOOL_BIN", executable);
    printed(&shell::output(&mut command)?, row)
}

fn row(name: &str, value: f64, word: &str) -> Row {
    let (unit, note) = match word {
        "s" => ("s", "from the call until all are healthy".to_owned()),
        _ => ("", format!("{}; aim: at most 60 %", word.replace('_', " "))),
    };
    Row { name: name.to_owned(), value, unit, note, more: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::{printed, row};

    #[test]
    fn a_row_says_how_much_of_a_bucket_is_used() {
        let rows = printed("row made_s 90.1 s\nrow idle_service-read 26 2.2_%_of_1200_a_minute", row).unwrap();
        assert_eq!((rows[0].unit, rows[1].value), ("s", 26.0));
        assert_eq!(rows[1].note, "2.2 % of 1200 a minute; aim: at most 60 %");
    }
}

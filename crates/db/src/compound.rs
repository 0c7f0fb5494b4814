//! Several statements as one, for one way to the server and back. They are parts of a `with`: each sees the rows as they were before any
//! of them, and what they return under the names of those before.

use sqlx::{AssertSqlSafe, Executor, Postgres, postgres::PgArguments};

use crate::{Result, column::Record, statement::one};

#[derive(Default)]
pub(crate) struct Compound {
    text: String,
    args: PgArguments,
    parameters: usize,
}

impl Compound {
    /// Adds a part. Its parameters are numbered from `$1` on, as if it stood alone, and `bind` binds so many.
    pub fn part(
        &mut self,
        name: &str,
        statement: &str,
        parameters: usize,
        bind: impl FnOnce(&mut PgArguments) -> Result<()>,
    ) -> Result<()> {
        let comma = if self.text.is_empty() { "with" } else { "," };
        self.text += &format!("{comma} {name} as ({})", renumbered(statement, self.parameters));
        self.parameters += parameters;
        bind(&mut self.args)
    }

    /// Runs all of them and reads what `last` selects, which comes before every part that it does not name.
    pub async fn run<'c, T: Record>(self, on: impl Executor<'c, Database = Postgres>, last: &str) -> Result<T> {
        one(on, AssertSqlSafe(format!("{} {last}", self.text)), self.args).await
    }
}

/// The statement with its parameters so many further on.
fn renumbered(statement: &str, by: usize) -> String {
    let mut parts = statement.split('$');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let (number, rest) = part.split_at(end);
        let number: usize = number.parse().unwrap_or_default();
        format!("{text}${}{rest}", number + by)
    })
}

#[cfg(test)]
mod tests {
    use super::renumbered;

    #[test]
    fn each_parameter_is_moved_and_nothing_else() {
        assert_eq!(renumbered("select $1::int8[], $12 where 3 = $2", 20), "select $21::int8[], $32 where 3 = $22");
        assert_eq!(renumbered("select 7", 20), "select 7");
    }
}

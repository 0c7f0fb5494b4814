//! What the checks found.

use serde::Serialize;
use serde_json::json;

use crate::output::answer;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Ok,
    /// Worth a look: it works now, or could not be checked.
    Warn,
    /// It keeps a role from working, or soon will.
    Fail,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One line.
#[derive(Debug, Clone, Serialize)]
struct Line {
    /// A stable word, for scripts.
    check: &'static str,
    level: Level,
    sentence: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_do: Option<String>,
}

#[derive(Debug, Default)]
pub struct Report(Vec<Line>);

impl Report {
    pub fn ok(&mut self, check: &'static str, sentence: impl Into<String>) {
        self.0.push(Line { check, level: Level::Ok, sentence: sentence.into(), to_do: None });
    }

    pub fn warn(&mut self, check: &'static str, sentence: impl Into<String>, to_do: impl Into<String>) {
        self.0.push(Line { check, level: Level::Warn, sentence: sentence.into(), to_do: Some(to_do.into()) });
    }

    pub fn fail(&mut self, check: &'static str, sentence: impl Into<String>, to_do: impl Into<String>) {
        self.0.push(Line { check, level: Level::Fail, sentence: sentence.into(), to_do: Some(to_do.into()) });
    }

    pub fn failed(&self) -> usize {
        self.count(Level::Fail)
    }

    pub fn print(&self, as_json: bool) {
        if as_json {
            answer!("{}", json!({ "checks": self.0, "failed": self.failed(), "warned": self.count(Level::Warn) }));
            return;
        }
        for line in &self.0 {
            let to_do = line.to_do.as_ref().map(|to_do| format!("; {to_do}")).unwrap_or_default();
            answer!("{:<4}  {:<14}  {}{to_do}", line.level.as_str(), line.check, line.sentence);
        }
    }

    fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|line| line.level == level).count()
    }
}

//! The shipped rules with their times scaled down, so that what takes minutes is seen in seconds.

/// All times are this much shorter: half a minute is a second.
pub const SCALE: f64 = 30.0;

/// The rules with every waiting time, window and bound in seconds of the clock divided by [`SCALE`]. Days of the chain stay: its clock
/// can be turned.
pub fn scaled(rules: &str) -> String {
    let clock = ["silent_seconds", "since_pass", "pending_seconds", "timestamp_seconds", "audit_age"];
    let line = |line: &str| {
        let text = words(line);
        let is_clock = line.trim().starts_with("expr:") && clock.iter().any(|name| line.contains(name));
        let scale = |word: &String| match duration(word) {
            Some(seconds) => format!("{}ms", (seconds * 1_000.0 / SCALE).round()),
            None if is_clock => match word.parse::<f64>() {
                Ok(bound) if bound >= 60.0 => (bound / SCALE).to_string(),
                _ => word.clone(),
            },
            None => word.clone(),
        };
        text.iter().map(scale).collect::<String>()
    };
    rules.lines().map(|text| line(text) + "\n").collect()
}

/// A line in words and what is between them.
fn words(line: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    for character in line.chars() {
        match words.last_mut() {
            Some(last) if is_word(character) && last.chars().all(is_word) => last.push(character),
            _ => words.push(character.into()),
        }
    }
    words
}

fn duration(word: &str) -> Option<f64> {
    let (number, unit) = word.split_at(word.len().checked_sub(1)?);
    let seconds = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return None,
    };
    number.parse::<f64>().ok().map(|number| number * seconds)
}

#[test]
fn times_are_scaled_and_nothing_else_is() {
    let rules = "        expr: increase(linkpool_rpc_failures_total[10m]) > 20\n        for: 1m\n        expr: time() - max(a_timestamp_seconds) > 120\n        expr: linkpool_guard_report_age_seconds > 5 * 86400\n";
    let expect = "        expr: increase(linkpool_rpc_failures_total[20000ms]) > 20\n        for: 2000ms\n        expr: time() - max(a_timestamp_seconds) > 4\n        expr: linkpool_guard_report_age_seconds > 5 * 86400\n";
    assert_eq!(scaled(rules), expect);
}

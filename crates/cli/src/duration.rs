//! Spans of time for people.

/// Seconds as their two largest units.
pub fn describe_duration(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::describe_duration;

    #[test]
    fn a_span_shows_its_two_largest_units() {
        assert_eq!(
            [describe_duration(59), describe_duration(60), describe_duration(3_661), describe_duration(90_000)],
            ["59 s", "1 min", "1 h 1 min", "1 d 1 h"]
        );
    }
}

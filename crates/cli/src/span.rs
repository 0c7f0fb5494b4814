//! Spans of time for people.

/// Seconds as their two largest units.
pub fn span(seconds: u64) -> String {
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
    use super::span;

    #[test]
    fn a_span_shows_its_two_largest_units() {
        assert_eq!([span(59), span(60), span(3_661), span(90_000)], ["59 s", "1 min", "1 h 1 min", "1 d 1 h"]);
    }
}

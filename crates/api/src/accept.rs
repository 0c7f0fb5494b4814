//! Which form of an answer a client wants: JSON, or CSV where there is one.

use axum::http::{HeaderMap, header};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    Json,
    Csv,
}

impl Media {
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// What the query's `format` says. Without it by the `Accept` header (RFC 9110, 12.5.1): whichever has the higher weight, and JSON
    /// where both have the same. A client that wants neither gets JSON, which is better than nothing.
    pub fn wanted(headers: &HeaderMap, format: Option<Self>) -> Self {
        if let Some(format) = format {
            return format;
        }
        let ranges = ranges(headers);
        let (json, csv) = (weight(&ranges, "application", "json"), weight(&ranges, "text", "csv"));
        if csv > json { Self::Csv } else { Self::Json }
    }
}

/// What a browser sends when a person opens an address: it names HTML itself and wants nothing more. Programs and scripts ask for
/// anything, or for JSON.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let ranges = ranges(headers);
    let named = ranges.iter().filter(|range| range.precision("text", "html").is_some_and(|precision| precision > 0));
    let html = named.map(|range| range.weight).max().unwrap_or(0).min(weight(&ranges, "text", "html"));
    html > 0 && html >= weight(&ranges, "application", "json")
}

/// Whether it names gzip among the codings that it takes, and none that it would rather have (RFC 9110, 12.5.3). Who means it by `*` alone
/// gets an answer that is compressed for nobody else.
pub(crate) fn takes_gzip(headers: &HeaderMap) -> bool {
    let weight = |names: &[&str]| {
        let parts = listed(headers, header::ACCEPT_ENCODING);
        let named = parts.filter(|part| {
            let name = part.split(';').next().unwrap_or_default().trim();
            names.iter().any(|one| one.eq_ignore_ascii_case(name))
        });
        named.filter_map(weight_of).max()
    };
    weight(&["gzip", "x-gzip"]).is_some_and(|gzip| gzip > 0 && weight(&["identity"]).is_none_or(|plain| plain <= gzip))
}

fn listed(headers: &HeaderMap, name: header::HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(','))
}

fn ranges(headers: &HeaderMap) -> Vec<Range<'_>> {
    listed(headers, header::ACCEPT).filter_map(Range::read).collect()
}

/// What its `q` says, in thousandths. `None` where that is no weight.
fn weight_of(part: &str) -> Option<u16> {
    let weight = part.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| thousandths(value.trim()))
    });
    weight.unwrap_or(Some(1_000))
}

/// One range of media types with its weight in thousandths.
#[derive(Debug)]
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    weight: u16,
}

impl<'a> Range<'a> {
    /// `None` for what is no range: it is as if it were not there.
    fn read(text: &'a str) -> Option<Self> {
        let (kind, subtype) = text.split(';').next()?.trim().split_once('/')?;
        Some(Self { kind, subtype, weight: weight_of(text)? })
    }

    /// How exactly it names a type; `None` if it does not.
    fn precision(&self, kind: &str, subtype: &str) -> Option<u8> {
        let (is_kind, is_subtype) = (self.kind.eq_ignore_ascii_case(kind), self.subtype.eq_ignore_ascii_case(subtype));
        match (self.kind, self.subtype) {
            _ if is_kind && is_subtype => Some(2),
            (_, "*") if is_kind => Some(1),
            ("*", "*") => Some(0),
            _ => None,
        }
    }
}

/// The weight of the range that names the type most exactly.
fn weight(ranges: &[Range], kind: &str, subtype: &str) -> u16 {
    let named = ranges.iter().filter_map(|range| Some((range.precision(kind, subtype)?, range.weight)));
    named.max().map_or(0, |(_, weight)| weight)
}

/// `0`, `1`, or up to three digits after the point.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_plain = fraction.len() <= 3 && fraction.bytes().all(|digit| digit.is_ascii_digit());
    let fraction: u16 = format!("{fraction:0<3}").parse().ok().filter(|_| is_plain)?;
    match (whole, fraction) {
        ("1", 0) => Some(1_000),
        ("0", _) => Some(fraction),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_higher_weight_wins_and_json_where_they_are_equal() {
        for (accept, media) in [
            ("", Media::Json),
            ("*/*", Media::Json),
            ("text/csv", Media::Csv),
            ("TEXT/CSV", Media::Csv),
            ("text/*", Media::Csv),
            ("text/csv, application/json", Media::Json),
            ("text/csv;q=0.9, application/json;q=0.8", Media::Csv),
            ("application/json, text/csv;q=0.1", Media::Json),
            ("text/csv, */*;q=0.1", Media::Csv),
            ("text/csv; header=present; q=0.5, application/*;q=0.4", Media::Csv),
            ("text/csv;q=0", Media::Json),
            ("text/*, text/csv;q=0", Media::Json),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Media::Json),
            ("application/xml", Media::Json),
            ("text/csv;q=2", Media::Json),
            ("text/csv;q=nonsense", Media::Json),
            (";;,,/,text", Media::Json),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(Media::wanted(&headers, None), media, "{accept}");
        }
    }

    #[test]
    fn a_page_is_for_who_asks_for_html_and_wants_nothing_more() {
        for (accept, wanted) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("TEXT/HTML", true),
            ("text/*", true),
            ("application/json;q=0.9, text/html;q=0.9", true),
            ("", false),
            ("*/*", false),
            ("text/html;q=0", false),
            ("text/html;q=0, */*", false),
            ("text/*, text/html;q=0", false),
            ("text/html;q=0.1, application/json", false),
            ("text/html;q=0.5, */*", false),
            ("application/json, text/plain, */*", false),
            ("nottext/html", false),
            ("application/text/html", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            assert_eq!(wants_page(&headers), wanted, "{accept}");
        }
    }

    #[test]
    fn gzip_is_for_who_names_it_and_would_rather_have_nothing_else() {
        for (accept, taken) in [
            ("gzip", true),
            ("GZIP", true),
            ("x-gzip", true),
            ("gzip, deflate, br, zstd", true),
            ("br;q=1, gzip;q=0.5", true),
            ("gzip;q=0.5, identity;q=0.5", true),
            ("identity;q=0, gzip ; q=0.001", true),
            ("", false),
            ("*", false),
            ("br", false),
            ("gzip;q=0", false),
            ("gzip;q=nonsense", false),
            ("identity, gzip;q=0.5", false),
            ("notgzip", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accept));
            assert_eq!(takes_gzip(&headers), taken, "{accept}");
        }
    }

    #[test]
    fn several_header_lines_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(header::ACCEPT, HeaderValue::from_static("application/json;q=0.5"));
        headers.append(header::ACCEPT, HeaderValue::from_static("text/csv"));
        assert_eq!(Media::wanted(&headers, None), Media::Csv);
    }
}

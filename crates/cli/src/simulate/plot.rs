//! The picture: LINK on the left, nodes on the right, seconds below.

use std::fmt::Write as _;

/// What was seen at one moment.
pub struct Sample {
    pub seconds: f64,
    pub demand_link: u64,
    pub staked_link: u64,
    /// What the open nodes take all in all.
    pub capacity_link: u64,
    pub nodes: usize,
}

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 60.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 40.0;

/// Name, colour, and value on the axis of LINK.
type Line = (&'static str, &'static str, fn(&Sample) -> f64);

const LINES: [Line; 3] = [
    ("demand", "#b45309", |sample| sample.demand_link as f64),
    ("capacity of open nodes", "#1d4ed8", |sample| sample.capacity_link as f64),
    ("staked", "#15803d", |sample| sample.staked_link as f64),
];
const NODES: (&str, &str) = ("nodes (right)", "#6b7280");

pub fn svg(samples: &[Sample], marks: &[(String, f64)]) -> String {
    let last = samples.last().map_or(1.0, |sample| sample.seconds.max(1.0));
    let most_link = LINES.iter().flat_map(|(.., value)| samples.iter().map(value)).fold(1.0, f64::max);
    let most_nodes = samples.iter().map(|sample| sample.nodes as f64).fold(1.0, f64::max);
    let x = |seconds: f64| LEFT + seconds / last * (WIDTH - LEFT - RIGHT);
    let y = |part: f64| HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#374151\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
    );
    let mut put = |line: String| {
        // Into memory: nothing can fail.
        let _ = writeln!(text, "{line}");
    };
    for step in 0..=4 {
        let part = f64::from(step) / 4.0;
        let (at, link, nodes) = (y(part), most_link * part / 1e6, most_nodes * part);
        put(format!("<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\" stroke=\"#e5e7eb\"/>", WIDTH - RIGHT));
        put(format!("<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{link:.2} M</text>", LEFT - 6.0, at + 4.0));
        put(format!("<text x=\"{:.1}\" y=\"{:.1}\">{nodes:.0}</text>", WIDTH - RIGHT + 6.0, at + 4.0));
        let below = x(last * part);
        put(format!(
            "<text x=\"{below:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{:.0} s</text>",
            HEIGHT - BOTTOM + 20.0,
            last * part
        ));
    }
    let mut draw = |colour: &str, dash: &str, value: &dyn Fn(&Sample) -> f64| {
        let points: Vec<String> = samples.iter().map(|it| format!("{:.1},{:.1}", x(it.seconds), y(value(it)))).collect();
        put(format!("<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash} points=\"{}\"/>", points.join(" ")));
    };
    for (_, colour, value) in LINES {
        draw(colour, "", &|sample: &Sample| value(sample) / most_link);
    }
    draw(NODES.1, " stroke-dasharray=\"3 3\"", &|sample: &Sample| sample.nodes as f64 / most_nodes);
    for (index, (name, colour)) in LINES.map(|(name, colour, _)| (name, colour)).into_iter().chain([NODES]).enumerate() {
        let at = LEFT + 190.0 * index as f64;
        put(format!(
            "<rect x=\"{at:.1}\" y=\"12\" width=\"14\" height=\"4\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"18\">{name}</text>",
            at + 20.0
        ));
    }
    for (index, (name, at)) in marks.iter().enumerate() {
        // Below the lines, which rise.
        let (at, height) = (x(*at), HEIGHT - BOTTOM - 20.0 - 14.0 * (marks.len() - index) as f64);
        put(format!(
            "<line x1=\"{at:.1}\" y1=\"{TOP}\" x2=\"{at:.1}\" y2=\"{:.1}\" stroke=\"#9ca3af\" stroke-dasharray=\"2 4\"/>",
            HEIGHT - BOTTOM
        ));
        put(format!("<text x=\"{:.1}\" y=\"{height:.1}\" text-anchor=\"end\">{name}</text>", at - 4.0));
    }
    text + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_drawn_within_the_picture_and_every_mark_is_named() {
        let sample = |seconds, nodes: usize| Sample {
            seconds,
            demand_link: 400_000,
            staked_link: 50_000 * nodes as u64,
            capacity_link: 100_000 * nodes as u64,
            nodes,
        };
        let picture = svg(&[sample(0.0, 0), sample(10.0, 2), sample(20.0, 4)], &[("the guard holds".into(), 10.0)]);
        assert_eq!(picture.matches("<polyline").count(), 4);
        assert!(picture.contains("the guard holds") && picture.ends_with("</svg>\n"));
        assert!(picture.contains("points=\"70.0,380.0 485.0,215.0 900.0,50.0\""), "{picture}");
        // Nothing was seen yet.
        assert!(svg(&[], &[]).contains("</svg>"));
    }
}

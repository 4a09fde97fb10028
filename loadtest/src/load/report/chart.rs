//! Plots, drawn as SVG. Colours and fonts are the page's.

use std::fmt::Write as _;

const WIDTH: f64 = 620.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 26.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 42.0;
/// Height of a bar, and of its row.
const BAR: f64 = 18.0;
const ROW: f64 = 40.0;

/// How a value becomes a place.
#[derive(Clone, Copy)]
pub(super) enum Scale {
    /// From 0 to this.
    Linear(f64),
    /// From this to that, both above 0.
    Log(f64, f64),
    /// Parts from 0 to nearly 1, so that 90, 99 and 99.9 % are equally far apart.
    Nines,
}

/// A line of a plot.
pub(super) struct Series {
    /// Which colour.
    pub(super) colour: usize,
    /// Drawn with dashes.
    pub(super) dashed: bool,
    pub(super) label: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// The part that stands at the right end of [`Scale::Nines`].
const LAST: f64 = 0.999;

impl Scale {
    /// For values from 0 to the highest of these.
    pub(super) fn linear(values: impl Iterator<Item = f64>) -> Self {
        Self::Linear(values.fold(0.0, f64::max).max(1e-9) * 1.05)
    }

    /// For the values above 0 of these.
    pub(super) fn log(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) =
            values.filter(|v| *v > 0.0).fold((f64::MAX, 0.0), |(l, h), v| (f64::min(l, v), f64::max(h, v)));
        if low > high {
            return Self::Log(1.0, 10.0);
        }
        Self::Log(low * 0.8, high * 1.2)
    }

    /// From 0 to 1.
    fn at(self, value: f64) -> f64 {
        let place = match self {
            Self::Linear(high) => value / high,
            Self::Log(low, high) => (value.max(low) / low).ln() / (high / low).ln(),
            Self::Nines => (1.0 - value.min(LAST)).log10() / (1.0 - LAST).log10(),
        };
        place.clamp(0.0, 1.0)
    }

    /// Where there are lines, and what stands there.
    fn ticks(self) -> Vec<(f64, String)> {
        match self {
            Self::Linear(high) => {
                let step = nice(high / 5.0);
                (0..=(high / step) as usize).map(|n| n as f64 * step).map(|v| (v, short(v))).collect()
            }
            Self::Log(low, high) => {
                let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
                let steps: &[f64] = if high / low > 300.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
                let all = decades.flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade)));
                all.filter(|v| (low..=high).contains(v)).map(|v| (v, short(v))).collect()
            }
            Self::Nines => [(0.0, "0"), (0.5, "50"), (0.9, "90"), (0.99, "99"), (LAST, "99.9")]
                .map(|(part, text)| (part, format!("{text} %")))
                .into(),
        }
    }
}

/// 1, 2 or 5 times a power of ten.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| times * power >= step).unwrap_or(10.0);
    times * power
}

/// A number with as many digits as are of use.
pub(super) fn short(value: f64) -> String {
    match value {
        v if v >= 10_000.0 => format!("{:.0}k", v / 1_000.0),
        v if v >= 1_000.0 => format!("{:.1}k", v / 1_000.0).replace(".0k", "k"),
        v if v == 0.0 || v >= 10.0 || v.fract() == 0.0 => format!("{v:.0}"),
        v if v >= 1.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

/// Lines over two axes.
pub(super) fn lines(title: (&str, &str), x: Scale, y: Scale, series: &[Series]) -> String {
    let (x_title, y_title) = title;
    let (width, height) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let place = |(at, value): (f64, f64)| (LEFT + width * x.at(at), TOP + height * (1.0 - y.at(value)));
    let mut svg = format!(r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{y_title} over {x_title}">"#);
    for (value, text) in y.ticks() {
        let at = TOP + height * (1.0 - y.at(value));
        let _ = write!(svg, r#"<path class="grid" d="M{LEFT} {at:.1}h{width}"/>"#);
        let _ = write!(svg, r#"<text x="{}" y="{:.1}" text-anchor="end">{text}</text>"#, LEFT - 8.0, at + 4.0);
    }
    for (value, text) in x.ticks() {
        let at = LEFT + width * x.at(value);
        let _ = write!(svg, r#"<path class="grid" d="M{at:.1} {TOP}v{height}"/>"#);
        let _ = write!(svg, r#"<text x="{at:.1}" y="{}" text-anchor="middle">{text}</text>"#, HEIGHT - BOTTOM + 18.0);
    }
    let (middle, low) = (LEFT + width / 2.0, HEIGHT - 6.0);
    let _ = write!(svg, r#"<text class="title" x="{middle}" y="{low}" text-anchor="middle">{x_title}</text>"#);
    for one in series {
        let mut path = String::new();
        for (n, point) in one.points.iter().enumerate() {
            let (at, value) = place(*point);
            let _ = write!(path, "{}{at:.1} {value:.1}", if n == 0 { 'M' } else { 'L' });
        }
        let dashed = if one.dashed { " dashed" } else { "" };
        let _ = write!(
            svg,
            r#"<path class="line c{}{dashed}" d="{path}"><title>{}</title></path>"#,
            one.colour,
            escape(&one.label)
        );
    }
    svg + "</svg>"
}

/// A row of parts on top of each other, to the right.
pub(super) struct Bar {
    pub(super) label: String,
    /// Colour, name and length of each part.
    pub(super) parts: Vec<(usize, &'static str, f64)>,
}

/// Rows of bars.
pub(super) fn bars(x_title: &str, bars: &[Bar]) -> String {
    let total = |bar: &Bar| bar.parts.iter().map(|(_, _, length)| length.max(0.0)).sum::<f64>();
    let scale = Scale::linear(bars.iter().map(total));
    let (left, right) = (4.0, 60.0);
    let width = WIDTH - left - right;
    let bottom = TOP + ROW * bars.len() as f64;
    let height = bottom + BOTTOM;
    let mut svg = format!(r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{x_title}">"#);
    for (value, text) in scale.ticks() {
        let at = left + width * scale.at(value);
        let _ = write!(svg, r#"<path class="grid" d="M{at:.1} {TOP}V{bottom}"/>"#);
        let _ = write!(svg, r#"<text x="{at:.1}" y="{}" text-anchor="middle">{text}</text>"#, bottom + 18.0);
    }
    let _ = write!(
        svg,
        r#"<text class="title" x="{}" y="{}" text-anchor="middle">{x_title}</text>"#,
        left + width / 2.0,
        height - 6.0
    );
    for (n, bar) in bars.iter().enumerate() {
        let top = TOP + ROW * n as f64;
        let _ = write!(svg, r#"<text x="{left}" y="{:.1}">{}</text>"#, top + 13.0, escape(&bar.label));
        let mut at = left;
        for (colour, name, length) in &bar.parts {
            let long = width * scale.at(length.max(0.0));
            let y = top + 18.0;
            let _ = write!(
                svg,
                r#"<rect class="fill c{colour}" x="{at:.1}" y="{y:.1}" width="{long:.1}" height="{BAR}"><title>{name}: {length:.2}</title></rect>"#
            );
            at += long;
        }
        let _ = write!(svg, r#"<text x="{:.1}" y="{:.1}">{:.1}</text>"#, at + 6.0, top + 32.0, total(bar));
    }
    svg + "</svg>"
}

/// As text of a page.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_begin_and_end_at_the_edges() {
        assert_eq!(Scale::Nines.at(0.0), 0.0);
        assert!((Scale::Nines.at(0.99) - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(Scale::Nines.at(1.0), 1.0);
        assert!((Scale::Log(1.0, 100.0).at(10.0) - 0.5).abs() < 1e-9);
        assert_eq!(Scale::Linear(8.0).at(2.0), 0.25);
        let ticks: Vec<String> = Scale::Linear(21.0).ticks().into_iter().map(|(_, text)| text).collect();
        assert_eq!(ticks, ["0", "5", "10", "15", "20"]);
    }

    #[test]
    fn what_customers_wrote_is_text() {
        let bars = bars("ms", &[Bar { label: "<script>".to_owned(), parts: vec![(0, "orders", 1.0)] }]);
        assert!(!bars.contains("<script>"), "{bars}");
    }
}

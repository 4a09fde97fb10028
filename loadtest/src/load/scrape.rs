//! What a process says of itself: its durations, from its page of metrics.

use anyhow::Context as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A page as it was at one moment.
pub(crate) struct Page(String);

/// How many took at most so many seconds, by upper bound.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Classes(Vec<(f64, f64)>);

impl Page {
    /// Of the process with this port for metrics.
    pub(crate) async fn of(port: u16) -> anyhow::Result<Self> {
        let mut stream =
            TcpStream::connect(("127.0.0.1", port)).await.with_context(|| format!("the metrics at port {port}"))?;
        stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").await?;
        let mut page = String::new();
        stream.read_to_string(&mut page).await?;
        anyhow::ensure!(page.starts_with("HTTP/1.0 200"), "no metrics at port {port}");
        Ok(Self(page))
    }

    /// A histogram's classes, of all series that have this label.
    pub(crate) fn classes(&self, name: &str, label: (&str, &str)) -> Classes {
        let (begin, label) = (format!("{name}_bucket{{"), format!("{}=\"{}\"", label.0, label.1));
        let mut classes: Vec<(f64, f64)> = Vec::new();
        for line in self.0.lines().filter(|line| line.starts_with(&begin) && line.contains(&label)) {
            let Some((bound, count)) = class(line) else { continue };
            match classes.iter_mut().find(|(known, _)| *known == bound) {
                Some((_, sum)) => *sum += count,
                None => classes.push((bound, count)),
            }
        }
        classes.sort_by(|a, b| a.0.total_cmp(&b.0));
        Classes(classes)
    }

    /// The sum of a counter's series that have this label.
    pub(crate) fn counted(&self, name: &str, label: (&str, &str)) -> f64 {
        let (begin, label) = (format!("{name}{{"), format!("{}=\"{}\"", label.0, label.1));
        let of_it = self.0.lines().filter(|line| line.starts_with(&begin) && line.contains(&label));
        // Not `sum`, whose zero is negative.
        of_it.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok()).fold(0.0, |sum, count| sum + count)
    }
}

/// `…,le="0.005"} 17`
fn class(line: &str) -> Option<(f64, f64)> {
    let (labels, count) = line.rsplit_once(' ')?;
    let bound = labels.split_once("le=\"")?.1.split_once('"')?.0;
    // Rust's spelling of it is the same.
    Some((bound.parse().ok()?, count.parse().ok()?))
}

impl Classes {
    /// Those of these that are not among the others, which may be none.
    pub(crate) fn without(&self, others: &Self) -> Self {
        let other = |bound: f64| others.0.iter().find(|(known, _)| *known == bound).map_or(0.0, |(_, count)| *count);
        Self(self.0.iter().map(|(bound, count)| (*bound, (count - other(*bound)).max(0.0))).collect())
    }

    /// How many.
    pub(crate) fn count(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, count)| *count)
    }

    /// In milliseconds, what this part of all took at most: a straight line within its class, as Prometheus draws it.
    pub(crate) fn quantile_ms(&self, part: f64) -> f64 {
        let wanted = part * self.count();
        let (mut lower, mut below) = (0.0, 0.0);
        for (bound, count) in &self.0 {
            if *count >= wanted && *count > below {
                return 1_000.0 * (lower + (bound - lower) * (wanted - below) / (count - below));
            }
            (lower, below) = (*bound, *count);
        }
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
d_bucket{method=\"a\",le=\"0.01\"} 50\n\
d_bucket{method=\"a\",le=\"0.02\"} 100\n\
d_bucket{method=\"a\",le=\"+Inf\"} 100\n\
d_bucket{method=\"b\",le=\"0.01\"} 7\n\
n{method=\"a\",reason=\"x\"} 3\n\
n{method=\"a\",reason=\"y\"} 4\n";

    #[test]
    fn durations_are_read_and_compared() {
        let page = Page(PAGE.to_owned());
        let classes = page.classes("d", ("method", "a"));
        assert_eq!(classes.count(), 100.0);
        assert!((classes.quantile_ms(0.5) - 10.0).abs() < 0.01);
        assert!((classes.quantile_ms(0.75) - 15.0).abs() < 0.01);
        let before = Classes(vec![(0.01, 50.0), (0.02, 50.0), (f64::INFINITY, 50.0)]);
        assert!((classes.without(&before).quantile_ms(0.5) - 15.0).abs() < 0.01);
        assert_eq!(classes.without(&page.classes("d", ("method", "c"))), classes);
        assert!(page.classes("d", ("method", "c")).quantile_ms(0.5).is_nan());
        assert_eq!(page.counted("n", ("method", "a")), 7.0);
    }
}

//! Numbers for Prometheus: what a metric is, counting without a lock, and the text form.
//!
//! Knows no names of metrics: whoever counts something says what it is called. Promises that what it writes
//! passes `promtool check metrics` as long as names and help do, and that counting never waits. The only module
//! that names `prometheus_client`, and the only one with binary floating point: Prometheus has seconds in it,
//! and no amount of money ever comes here.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text::encode_registry},
    metrics::MetricType,
    registry::Registry,
};

/// What the text is, for the header of an answer.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A metric with all its series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    name: &'static str,
    help: &'static str,
    values: Values,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Values {
    Counter(Vec<Series>),
    Gauge(Vec<Series>),
    Histogram(Durations),
}

/// A value under its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    labels: Vec<(&'static str, String)>,
    value: u64,
}

impl Series {
    /// A value under labels.
    #[must_use]
    pub fn new(labels: &[(&'static str, &str)], value: u64) -> Self {
        let labels = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { labels, value }
    }

    /// Whether there is nothing of it.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.value == 0
    }
}

impl Family {
    /// What only grows, by labels. Its name ends in `_total`.
    #[must_use]
    pub const fn counters(name: &'static str, help: &'static str, series: Vec<Series>) -> Self {
        Self { name, help, values: Values::Counter(series) }
    }

    /// What only grows.
    #[must_use]
    pub fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::counters(name, help, vec![Series::new(&[], value)])
    }

    /// What is so now, by labels.
    #[must_use]
    pub const fn gauges(name: &'static str, help: &'static str, series: Vec<Series>) -> Self {
        Self { name, help, values: Values::Gauge(series) }
    }

    /// What is so now.
    #[must_use]
    pub fn gauge(name: &'static str, help: &'static str, value: u64) -> Self {
        Self::gauges(name, help, vec![Series::new(&[], value)])
    }

    /// How long things took. Its name ends in `_seconds`.
    #[must_use]
    pub fn histogram(name: &'static str, help: &'static str, times: &Times) -> Self {
        Self { name, help, values: Values::Histogram(times.read()) }
    }
}

/// The text form of these families, in their order.
#[must_use]
pub fn text(families: Vec<Family>) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Families(families)));
    let mut text = String::new();
    // A `String` takes whatever is written to it.
    let _ = encode_registry(&mut text, &registry);
    text
}

/// Bounds of a histogram in milliseconds: from an answer out of the memo to a plugin of 18 MB.
const BOUNDS_MS: [u64; 14] = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

/// How long things took, counted without a lock.
#[derive(Debug, Default)]
pub struct Times {
    /// One for each bound, and one beyond the last.
    buckets: [AtomicU64; BOUNDS_MS.len() + 1],
    microseconds: AtomicU64,
}

/// What was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Durations {
    buckets: Vec<u64>,
    sum: Duration,
}

impl Times {
    /// Counts one.
    pub fn add(&self, took: Duration) {
        let bound = |bound: &u64| took <= Duration::from_millis(*bound);
        let at = BOUNDS_MS.iter().position(bound).unwrap_or(BOUNDS_MS.len());
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }

    fn read(&self) -> Durations {
        let buckets = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).collect();
        Durations { buckets, sum: Duration::from_micros(self.microseconds.load(Ordering::Relaxed)) }
    }
}

/// The library's own families write what OpenMetrics calls a counter, whose `HELP` and `TYPE` leave out
/// `_total`: Prometheus' text form, which `promtool` reads, wants them under the name of the series.
#[derive(Debug)]
struct Families(Vec<Family>);

impl Collector for Families {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Family { name, help, values } in &self.0 {
            match values {
                Values::Counter(series) => {
                    numbers(encoder.encode_descriptor(name, help, None, MetricType::Counter)?, series)?;
                }
                Values::Gauge(series) => {
                    numbers(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?, series)?;
                }
                Values::Histogram(durations) => {
                    histogram(
                        encoder.encode_descriptor(name, help, None, MetricType::Histogram)?,
                        durations,
                    )?;
                }
            }
        }
        Ok(())
    }
}

fn numbers(mut encoder: MetricEncoder<'_>, series: &[Series]) -> fmt::Result {
    for Series { labels, value } in series {
        match labels.is_empty() {
            true => encoder.encode_gauge(value)?,
            false => {
                let labels: Vec<(&str, &str)> =
                    labels.iter().map(|(name, value)| (*name, value.as_str())).collect();
                encoder.encode_family(&labels)?.encode_gauge(value)?;
            }
        }
    }
    Ok(())
}

fn histogram(mut encoder: MetricEncoder<'_>, durations: &Durations) -> fmt::Result {
    let bounds = BOUNDS_MS.iter().map(|bound| Duration::from_millis(*bound).as_secs_f64());
    let buckets: Vec<(f64, u64)> =
        bounds.chain([f64::INFINITY]).zip(durations.buckets.iter().copied()).collect();
    // Of one reading, so that the count is the last bucket's.
    let count = durations.buckets.iter().sum();
    encoder.encode_histogram::<NoLabelSet>(durations.sum.as_secs_f64(), count, &buckets, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_read_as_prometheus_wants_them() {
        let times = Times::default();
        for took in [0, 1_000, 1_001, 40_000_000] {
            times.add(Duration::from_micros(took));
        }
        let families = vec![
            Family::counters(
                "landfall_calls_total",
                "Calls",
                vec![
                    Series::new(&[("plugin", "lgpd"), ("outcome", "trap")], 2),
                    Series::new(&[("plugin", "a\"b\\c\nd"), ("outcome", "answered")], 0),
                ],
            ),
            Family::gauge("landfall_number", "The number", 7),
            Family::histogram("landfall_took_seconds", "How long", &times),
        ];
        let text = text(families);
        insta::assert_snapshot!(text, @r#"
        # HELP landfall_calls_total Calls
        # TYPE landfall_calls_total counter
        landfall_calls_total{plugin="lgpd",outcome="trap"} 2
        landfall_calls_total{plugin="a\"b\\c\nd",outcome="answered"} 0
        # HELP landfall_number The number
        # TYPE landfall_number gauge
        landfall_number 7
        # HELP landfall_took_seconds How long
        # TYPE landfall_took_seconds histogram
        landfall_took_seconds_sum 40.002001
        landfall_took_seconds_count 4
        landfall_took_seconds_bucket{le="0.001"} 2
        landfall_took_seconds_bucket{le="0.002"} 3
        landfall_took_seconds_bucket{le="0.005"} 3
        landfall_took_seconds_bucket{le="0.01"} 3
        landfall_took_seconds_bucket{le="0.025"} 3
        landfall_took_seconds_bucket{le="0.05"} 3
        landfall_took_seconds_bucket{le="0.1"} 3
        landfall_took_seconds_bucket{le="0.25"} 3
        landfall_took_seconds_bucket{le="0.5"} 3
        landfall_took_seconds_bucket{le="1.0"} 3
        landfall_took_seconds_bucket{le="2.5"} 3
        landfall_took_seconds_bucket{le="5.0"} 3
        landfall_took_seconds_bucket{le="10.0"} 3
        landfall_took_seconds_bucket{le="30.0"} 3
        landfall_took_seconds_bucket{le="+Inf"} 4
        "#);
    }
}

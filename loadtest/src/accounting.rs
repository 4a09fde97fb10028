//! Processor time by process, as the kernel accounts for it.
//!
//! A process is charged with its own user and system time and with that of all its children, running or collected. The
//! kernel keeps the sum of both exactly and shows it in ticks of usually 10 ms.

use anyhow::Context as _;
use procfs::process::{Process, Stat};
use procfs::{CurrentSI as _, KernelStats};
use std::collections::BTreeMap;
use std::time::Instant;

/// This program: the clients, and the worker of the bare workflows.
pub(crate) const DRIVER: &str = "driver";
/// Temporal's name among the processes.
pub(crate) const TEMPORAL: &str = "temporal";
/// The database's.
pub(crate) const POSTGRES: &str = "postgres";
/// Ours.
pub(crate) const OWN: [&str; 4] = ["gateway", "orders", "payments", "inventory"];

/// Milliseconds by name of a process.
pub(crate) type Cpu = BTreeMap<String, f64>;

/// Whose time is looked at.
pub(crate) struct Accounts {
    roots: Vec<(String, i32)>,
}

/// The accounts at one moment.
pub(crate) struct Balance {
    at: Instant,
    spent: Cpu,
    machine: f64,
}

/// Resident memory in MiB by name of a process.
pub(crate) type Memory = BTreeMap<String, f64>;

/// What was spent between two moments.
#[derive(Clone, Debug)]
pub(crate) struct Spent {
    /// How long it was.
    pub(crate) seconds: f64,
    /// By process.
    pub(crate) cpu_ms: Cpu,
    /// By all that is not part of the bench, as a part of the whole machine.
    pub(crate) foreign: f64,
}

impl Accounts {
    /// From the names and ids of the system's processes; the driver is added.
    pub(crate) fn new(processes: &[(String, String)]) -> anyhow::Result<Self> {
        let mut roots = vec![(DRIVER.to_owned(), i32::try_from(std::process::id())?)];
        for (name, pid) in processes {
            roots.push((name.clone(), pid.parse().with_context(|| format!("the process id of {name}"))?));
        }
        Ok(Self { roots })
    }

    /// The accounts now.
    pub(crate) fn balance(&self) -> anyhow::Result<Balance> {
        let mut all = BTreeMap::new();
        for process in procfs::process::all_processes()? {
            // One that ends meanwhile is in its parent's account.
            if let Ok(stat) = process.and_then(|process: Process| process.stat()) {
                all.insert(stat.pid, stat);
            }
        }
        let ms = 1_000.0 / procfs::ticks_per_second() as f64;
        let mut spent = Cpu::new();
        for (name, root) in &self.roots {
            anyhow::ensure!(all.contains_key(root), "{name} (pid {root}) is gone");
            let ticks: u64 = all.values().filter(|stat| descends(&all, stat, *root)).map(ticks).sum();
            *spent.entry(part(name)).or_default() += ticks as f64 * ms;
        }
        let total = KernelStats::current()?.total;
        let busy = total.user_ms() + total.nice_ms() + total.system_ms();
        let interrupts = total.irq_ms().unwrap_or(0) + total.softirq_ms().unwrap_or(0);
        Ok(Balance { at: Instant::now(), spent, machine: (busy + interrupts) as f64 })
    }

    /// Resident memory now, without the children: of the instance that has most, if a service has several.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        let page = procfs::page_size() as f64 / f64::from(1 << 20);
        let mut memory = Memory::new();
        for (name, root) in &self.roots {
            let pages = Process::new(*root).and_then(|process| process.statm()).map(|statm| statm.resident);
            let pages = pages.with_context(|| format!("{name} (pid {root}) is gone"))?;
            let most = memory.entry(part(name)).or_default();
            *most = f64::max(*most, pages as f64 * page);
        }
        Ok(memory)
    }

    /// What was spent since `before`.
    pub(crate) fn since(&self, before: &Balance) -> anyhow::Result<Spent> {
        let now = self.balance()?;
        let seconds = now.at.duration_since(before.at).as_secs_f64();
        let cpu_ms: Cpu = now
            .spent
            .iter()
            .map(|(name, ms)| (name.clone(), ms - before.spent.get(name).copied().unwrap_or_default()))
            .collect();
        let cores = std::thread::available_parallelism()?.get() as f64;
        let foreign = (now.machine - before.machine - cpu_ms.values().sum::<f64>()).max(0.0);
        Ok(Spent { seconds, cpu_ms, foreign: foreign / (seconds * 1_000.0 * cores) })
    }
}

impl Spent {
    /// Milliseconds a second.
    pub(crate) fn rates(&self) -> Cpu {
        self.cpu_ms.iter().map(|(name, ms)| (name.clone(), ms / self.seconds)).collect()
    }

    /// For each of `count` things, without what the idle system would have burnt.
    pub(crate) fn each(&self, count: usize, idle: &Cpu) -> Cpu {
        let each = |(name, ms): (&String, &f64)| {
            let burnt = idle.get(name).copied().unwrap_or_default() * self.seconds;
            (name.clone(), (ms - burnt) / count as f64)
        };
        self.cpu_ms.iter().map(each).collect()
    }
}

/// The mean of each process.
pub(crate) fn mean(several: &[Cpu]) -> Cpu {
    combine(several, |values| values.iter().sum::<f64>() / values.len() as f64)
}

/// The median of each process.
pub(crate) fn medians(several: &[Cpu]) -> Cpu {
    combine(several, median)
}

/// The middle of some values; of an even number, the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    match (sorted.get(low), sorted.get(high)) {
        (Some(low), Some(high)) => f64::midpoint(*low, *high),
        _ => f64::NAN,
    }
}

/// The sum over some processes.
pub(crate) fn sum(cpu: &Cpu, names: &[&str]) -> f64 {
    // Not `sum`, whose zero is negative.
    names.iter().filter_map(|name| cpu.get(*name)).fold(0.0, |sum, ms| sum + ms)
}

/// What a process is part of: `orders-2` is another instance of `orders`.
fn part(name: &str) -> String {
    name.split_once('-').map_or(name, |(part, _)| part).to_owned()
}

fn combine(several: &[Cpu], how: impl Fn(&[f64]) -> f64) -> Cpu {
    let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (name, ms) in several.iter().flatten() {
        values.entry(name.clone()).or_default().push(*ms);
    }
    values.into_iter().map(|(name, values)| (name, how(&values))).collect()
}

fn ticks(stat: &Stat) -> u64 {
    // Signed only for historical reasons.
    let collected = stat.cutime.saturating_add(stat.cstime);
    stat.utime + stat.stime + u64::try_from(collected).unwrap_or_default()
}

fn descends(all: &BTreeMap<i32, Stat>, stat: &Stat, root: i32) -> bool {
    let mut pid = stat.pid;
    // No chain of parents is longer than there are processes.
    for _ in 0..all.len() {
        if pid == root {
            return true;
        }
        match all.get(&pid) {
            Some(stat) => pid = stat.ppid,
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_some_values() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0]), 2.5);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn work_is_charged_to_the_one_who_did_it() {
        let accounts = Accounts::new(&[]).unwrap();
        let before = accounts.balance().unwrap();
        let began = Instant::now();
        while began.elapsed().as_millis() < 300 {
            std::hint::black_box(0);
        }
        let status = std::process::Command::new("sh")
            .args(["-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done"])
            .status()
            .unwrap();
        assert!(status.success());
        let spent = accounts.since(&before).unwrap();
        // More than the loop alone can have taken: the ended child is counted too.
        assert!(spent.cpu_ms[DRIVER] > 100.0, "{spent:?}");
        assert!((0.0..=1.0).contains(&spent.foreign), "{spent:?}");
    }
}

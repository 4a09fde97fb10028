//! What came of a load: as a table, as JSON, and as a page with plots.

mod chart;
mod page;
mod text;

use super::run::{Drive, Run};
use super::settings::Settings;
use super::side::say;
use crate::machine::Machine;
use anyhow::Context as _;
use serde::Serialize;
use std::path::Path;
use time::OffsetDateTime;

/// Everything that is known of a load.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// When it ended.
    pub(crate) time: String,
    pub(crate) machine: Machine,
    pub(crate) settings: Settings,
    /// Whether all came right: see [`Self::is_right`].
    pub(crate) right: bool,
    pub(crate) audit: Audit,
    pub(crate) runs: Vec<Run>,
}

/// What the audit at the end found.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Audit {
    pub(crate) rules: usize,
    pub(crate) findings: Vec<String>,
    /// Why the load or the audit did not come to its end.
    pub(crate) broken: Option<String>,
}

impl Report {
    /// Of runs that have ended.
    pub(crate) fn new(settings: &Settings, machine: Machine, runs: Vec<Run>, audit: Audit) -> Self {
        // The side without Temporal may lose what it likes: that is what is measured.
        let clean = runs.iter().all(|run| run.drive == Drive::Direct || run.verdict.is_clean());
        let met = runs.iter().flat_map(|run| &run.targets).all(|target| target.met);
        let right = clean && met && audit.findings.is_empty() && audit.broken.is_none();
        let (day, (hour, minute, second)) = (OffsetDateTime::now_utc().date(), OffsetDateTime::now_utc().to_hms());
        let time = format!("{day}T{hour:02}{minute:02}{second:02}Z").replace('-', "");
        Self { time, machine, settings: settings.clone(), right, audit, runs }
    }

    /// Whether nothing was lost, doubled, stuck or told wrongly by the system, every target was met, and the audit found nothing.
    pub(crate) fn is_right(&self) -> bool {
        self.right
    }

    /// Prints the table, and writes all three into this folder.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let text = text::render(self);
        text::print(&text);
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let files = [("txt", text), ("json", serde_json::to_string_pretty(self)?), ("html", page::render(self))];
        for (ending, content) in files {
            let path = folder.join(format!("performance_results_{}.{ending}", self.time));
            std::fs::write(&path, content).with_context(|| format!("writing {}", path.display()))?;
            say(&format!("wrote {}", path.display()));
        }
        Ok(())
    }

    /// The runs that are shown together, in the order of the first of each.
    fn groups(&self) -> Vec<(&str, Vec<&Run>)> {
        let mut groups: Vec<(&str, Vec<&Run>)> = Vec::new();
        for run in &self.runs {
            match groups.iter_mut().find(|(group, _)| *group == run.group) {
                Some((_, runs)) => runs.push(run),
                None => groups.push((&run.group, vec![run])),
            }
        }
        groups
    }
}

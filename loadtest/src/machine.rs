//! The machine under the system.

use procfs::Current as _;
use serde::Serialize;

/// Where it was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    pub(crate) model: String,
    pub(crate) memory_mib: u64,
    pub(crate) kernel: String,
    pub(crate) load_before: [f32; 3],
}

/// What this machine is.
pub(crate) fn machine() -> anyhow::Result<Machine> {
    let load = procfs::LoadAverage::current()?;
    let model = procfs::CpuInfo::current()?.model_name(0).unwrap_or("unknown").to_owned();
    Ok(Machine {
        cores: std::thread::available_parallelism()?.get(),
        model,
        memory_mib: procfs::Meminfo::current()?.mem_total >> 20,
        kernel: std::fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
        load_before: [load.one, load.five, load.fifteen],
    })
}

//! The life and death of processes: with their supervisor, without it, and after it.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stack::process::{Identity, Leash, StopSignal};
use stack::supervisor::{Control, Event, Supervisor, clear_leftovers};
use stack::{Layout, Progress, Spec};

const HOLDER: &str = "OMS_LEASH_HOLDER";

fn sleeper(layout: &Layout, name: &str) -> Spec {
    Spec {
        name: name.into(),
        program: PathBuf::from("sleep"),
        args: vec!["600".into()],
        sections: None,
        env: BTreeMap::new(),
        directory: PathBuf::from("/"),
        account: None,
        log: layout.log(name),
        port: 0,
        health: None,
        stop_signal: StopSignal::Terminate,
        stop_rank: 0,
        grace_seconds: 5,
        starts_again: false,
    }
}

fn layout(name: &str) -> Layout {
    let layout = Layout::at(std::env::temp_dir().join(format!("oms-{name}-{}", std::process::id())));
    layout.create().unwrap();
    layout
}

fn gone_within(identity: &Identity, limit: Duration) -> bool {
    let began = Instant::now();
    while identity.is_alive() && began.elapsed() < limit {
        std::thread::sleep(Duration::from_millis(50));
    }
    !identity.is_alive()
}

#[tokio::test]
async fn a_supervisor_starts_stops_and_reports() {
    let layout = layout("supervisor");
    let (supervisor, mut events) = Supervisor::start(&layout, false).unwrap();
    let control = Control::find(&layout).unwrap();
    control.start(sleeper(&layout, "one")).await.unwrap();
    control.start(sleeper(&layout, "two")).await.unwrap();
    assert!(control.start(sleeper(&layout, "two")).await.unwrap_err().to_string().contains("runs already"));

    // Asked for: no event. Not asked for: one, with the reason.
    control.stop("one").await.unwrap();
    let two = Identity::of(control.process("two").await.unwrap().pid).unwrap();
    two.signal(nix::sys::signal::Signal::SIGKILL);
    let Some(Event::Died { spec, exit, .. }) = events.recv().await else { panic!("no event") };
    assert_eq!((spec.name.as_str(), exit.signal), ("two", Some(9)));

    control.start(sleeper(&layout, "two")).await.unwrap();
    let two = Identity::of(control.process("two").await.unwrap().pid).unwrap();
    supervisor.shutdown().await;
    assert!(!two.is_alive() && Control::find(&layout).is_none());
    std::fs::remove_dir_all(layout.root()).unwrap();
}

#[tokio::test]
async fn what_fails_is_started_again_if_it_is_to_be() {
    let layout = layout("again");
    let (supervisor, mut events) = Supervisor::start(&layout, false).unwrap();
    let control = Control::find(&layout).unwrap();
    let once = layout.root().join("once");
    let script = format!("test -e {0} && exec sleep 600; touch {0}; exit 3", once.display());
    let spec = Spec {
        program: PathBuf::from("/bin/sh"),
        args: vec!["-c".into(), script],
        starts_again: true,
        ..sleeper(&layout, "failing")
    };
    control.start(spec).await.unwrap();
    let Some(Event::Died { pid: first, exit, .. }) = events.recv().await else { panic!("no event") };
    assert_eq!(exit.code, Some(3));
    let again = loop {
        let process = control.process("failing").await.unwrap();
        if process.exit.is_none() {
            break process;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    assert_ne!(again.pid, first);

    // Not after a signal.
    Identity::of(again.pid).unwrap().signal(nix::sys::signal::Signal::SIGKILL);
    let Some(Event::Died { spec, exit, .. }) = events.recv().await else { panic!("no event") };
    assert!(!spec.starts_again_after(exit));
    supervisor.shutdown().await;
    std::fs::remove_dir_all(layout.root()).unwrap();
}

#[tokio::test]
async fn what_a_killed_supervisor_left_is_cleared() {
    let layout = layout("leftovers");
    let left = {
        let (_supervisor, _events) = Supervisor::start(&layout, true).unwrap();
        let control = Control::find(&layout).unwrap();
        control.start(sleeper(&layout, "left")).await.unwrap();
        Identity::of(control.process("left").await.unwrap().pid).unwrap()
    };
    assert!(left.is_alive());
    clear_leftovers(&layout, &Progress::silent()).await;
    assert!(!left.is_alive() && Control::find(&layout).is_none());
    std::fs::remove_dir_all(layout.root()).unwrap();
}

#[test]
fn a_killed_holder_takes_its_processes_along() {
    // This test in a process of its own, which holds a child and is then killed.
    let mut holder = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "holder"])
        .env(HOLDER, std::env::temp_dir().join(format!("oms-holder-{}", std::process::id())))
        .spawn()
        .unwrap();
    let file = std::env::temp_dir().join(format!("oms-holder-{}", std::process::id()));
    let held = held_by(&file);
    assert!(held.is_alive());
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(gone_within(&held, Duration::from_secs(10)));
    std::fs::remove_file(file).unwrap();
}

fn held_by(file: &Path) -> Identity {
    for _ in 0..100 {
        if let Some(identity) = std::fs::read_to_string(file).ok().and_then(|pid| Identity::of(pid.parse().ok()?)) {
            return identity;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the holder did not start")
}

#[test]
#[ignore = "run by a_killed_holder_takes_its_processes_along"]
fn holder() {
    let Some(file) = std::env::var_os(HOLDER).map(PathBuf::from) else {
        return;
    };
    let leash = Leash::new().unwrap();
    // In a group of its own, as our processes are.
    let mut command = std::process::Command::new("sleep");
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.arg("600").spawn().unwrap();
    leash.hold(child.id(), StopSignal::Terminate);
    let partial = file.with_extension("partial");
    std::fs::write(&partial, child.id().to_string()).unwrap();
    std::fs::rename(partial, file).unwrap();
    child.wait().unwrap();
}

//! The supervisor itself.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::unistd::mkdtemp;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Mutex, mpsc, watch};

use super::leftovers::Record;
use super::protocol::{ProcessStatus, Request, Response};
use super::{Contact, Control};
use crate::error::{Doing, Result};
use crate::layout::{self, Layout};
use crate::process::{Exit, Identity, Leash, Process, Spec};

/// How long after its end a process is started again.
const PAUSE: Duration = Duration::from_secs(2);

/// Something the user should see.
#[derive(Clone, Debug)]
pub enum Event {
    /// A process ended that nobody had asked to stop. It is started again only if its [`Spec`] says so.
    Died {
        /// What was started.
        spec: Box<Spec>,
        /// Its process id.
        pid: u32,
        /// How it ended.
        exit: Exit,
    },
    /// Everything is being stopped because somebody asked through the socket.
    ShuttingDown,
}

/// A running supervisor, in this process.
#[derive(Debug)]
pub struct Supervisor {
    state: Arc<State>,
    finished: watch::Receiver<bool>,
}

#[derive(Debug)]
struct State {
    layout: Layout,
    contact: Contact,
    leash: Option<Leash>,
    events: mpsc::UnboundedSender<Event>,
    entries: Mutex<Entries>,
    finished: watch::Sender<bool>,
}

type Entries = BTreeMap<String, Entry>;

#[derive(Debug)]
struct Entry {
    process: Arc<Process>,
    /// Somebody asked for its end.
    expected: Arc<AtomicBool>,
}

impl Supervisor {
    /// Listens on a new socket and writes down where it is. Attached, all processes end with this one.
    pub fn start(layout: &Layout, detached: bool) -> Result<(Self, mpsc::UnboundedReceiver<Event>)> {
        // Socket paths may have about 100 bytes, which the state folder's can exceed.
        let folder = mkdtemp(&std::env::temp_dir().join("oms-XXXXXX")).map_err(std::io::Error::from);
        let socket = folder.doing(|| "making a folder for the control socket".to_owned())?.join("control");
        let listener = UnixListener::bind(&socket).at("listening on", &socket)?;
        std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o600)).at("closing", &socket)?;
        let identity = Identity::own().unwrap_or_else(|| Identity::ended(std::process::id()));
        let contact = Contact { identity, socket, detached };
        let (events, seen) = mpsc::unbounded_channel();
        let (finished_sender, finished) = watch::channel(false);
        let state = Arc::new(State {
            layout: layout.clone(),
            contact: contact.clone(),
            leash: if detached { None } else { Some(Leash::new()?) },
            events,
            entries: Mutex::default(),
            finished: finished_sender,
        });
        layout::write_private(&layout.supervisor(), &contact)?;
        tokio::spawn(accept(listener, Arc::clone(&state)));
        Ok((Self { state, finished }, seen))
    }

    /// A client of it.
    pub fn control(&self) -> Control {
        Control::to(self.state.contact.clone())
    }

    /// The leash of an attached supervisor, for other processes that have to end with it.
    pub fn leash(&self) -> Option<Leash> {
        self.state.leash.clone()
    }

    /// Stops everything, in order.
    pub async fn shutdown(&self) {
        self.state.shutdown().await;
    }

    /// Waits until everything was stopped.
    pub async fn finished(&self) {
        let mut finished = self.finished.clone();
        // The sender lives as long as we do.
        let _ = finished.wait_for(|done| *done).await;
    }
}

async fn accept(listener: UnixListener, state: Arc<State>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let state = Arc::clone(&state);
                // A client that goes away takes only its own request with it.
                tokio::spawn(async move { state.serve(stream).await.ok() });
            }
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
        }
    }
}

impl State {
    async fn serve(self: Arc<Self>, stream: UnixStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await?;
        let response = match serde_json::from_slice(&line) {
            Ok(request) => self.answer(request).await,
            Err(error) => Response::Refused(format!("not understood (another version of xtask?): {error}")),
        };
        let mut line = serde_json::to_vec(&response)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        stream.flush().await
    }

    async fn answer(self: &Arc<Self>, request: Request) -> Response {
        let done = match request {
            Request::Start(spec) => self.start(*spec).await,
            Request::Stop(name) => self.end(&name, false).await,
            Request::Kill(name) => self.end(&name, true).await,
            Request::Forget(name) => self.forget(&name).await,
            Request::Status => Ok(()),
            Request::Shutdown => {
                // Refused when nobody watches, as in a detached supervisor's last moments.
                let _ = self.events.send(Event::ShuttingDown);
                self.shutdown().await;
                Ok(())
            }
        };
        match done {
            Ok(()) => Response::Done(self.status().await),
            Err(why) => Response::Refused(why),
        }
    }

    async fn start(self: &Arc<Self>, spec: Spec) -> std::result::Result<(), String> {
        self.start_among(&mut *self.entries.lock().await, spec)
    }

    fn start_among(self: &Arc<Self>, entries: &mut Entries, spec: Spec) -> std::result::Result<(), String> {
        if *self.finished.borrow() {
            return Err("the system is shutting down".to_owned());
        }
        if let Some(entry) = entries.get(&spec.name).filter(|entry| entry.process.exit().is_none()) {
            return Err(format!("{} runs already, as pid {}", spec.name, entry.process.identity().pid));
        }
        let process = Process::spawn(spec.clone(), self.leash.clone()).map_err(|error| error.to_string())?;
        let record = Record { identity: process.identity().clone(), spec: spec.clone() };
        layout::write_private(&self.layout.process(&spec.name), &record).map_err(|error| error.to_string())?;
        let entry = Entry { process: Arc::new(process), expected: Arc::default() };
        tokio::spawn(Arc::clone(self).report(Arc::clone(&entry.process), Arc::clone(&entry.expected)));
        entries.insert(spec.name, entry);
        Ok(())
    }

    /// Says how it ended, and starts it again where that is wanted.
    fn report(
        self: Arc<Self>,
        process: Arc<Process>,
        expected: Arc<AtomicBool>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let exit = process.wait().await;
            if expected.load(Ordering::SeqCst) {
                return;
            }
            let spec = process.spec().clone();
            let died = Event::Died { spec: Box::new(spec.clone()), pid: process.identity().pid, exit };
            // Nobody may be listening, as in tests.
            let _ = self.events.send(died);
            if spec.starts_again_after(exit) {
                tokio::time::sleep(PAUSE).await;
                let mut entries = self.entries.lock().await;
                let latest = entries.get(&spec.name).is_some_and(|entry| Arc::ptr_eq(&entry.process, &process));
                if latest && !expected.load(Ordering::SeqCst) {
                    // What keeps it from being started is said by whoever asks for it.
                    let _ = self.start_among(&mut entries, spec);
                }
            }
        })
    }

    async fn end(&self, name: &str, kill: bool) -> std::result::Result<(), String> {
        let process = {
            let entries = self.entries.lock().await;
            let entry = entries.get(name).ok_or_else(|| {
                format!(
                    "there is no process `{name}`; there are {}",
                    entries.keys().cloned().collect::<Vec<_>>().join(", ")
                )
            })?;
            entry.expected.store(true, Ordering::SeqCst);
            Arc::clone(&entry.process)
        };
        if kill {
            process.kill().await;
        } else {
            process.stop().await;
        }
        Ok(())
    }

    async fn forget(&self, name: &str) -> std::result::Result<(), String> {
        self.end(name, false).await?;
        self.entries.lock().await.remove(name);
        // At worst the record names a process that is gone.
        let _ = std::fs::remove_file(self.layout.process(name));
        Ok(())
    }

    async fn status(&self) -> Vec<ProcessStatus> {
        let entries = self.entries.lock().await;
        let status = |entry: &Entry| ProcessStatus {
            spec: entry.process.spec().clone(),
            pid: entry.process.identity().pid,
            since: entry.process.since(),
            exit: entry.process.exit(),
        };
        entries.values().map(status).collect()
    }

    /// Ranks go one after the other, the processes of one rank together. The lock keeps new ones from being started.
    async fn shutdown(&self) {
        let entries = self.entries.lock().await;
        let mut processes: Vec<Arc<Process>> = Vec::new();
        for entry in entries.values() {
            entry.expected.store(true, Ordering::SeqCst);
            processes.push(Arc::clone(&entry.process));
        }
        processes.sort_by_key(|process| std::cmp::Reverse(process.spec().stop_rank));
        for same_rank in processes.chunk_by(|a, b| a.spec().stop_rank == b.spec().stop_rank) {
            let mut stopping = tokio::task::JoinSet::new();
            for process in same_rank {
                let process = Arc::clone(process);
                stopping.spawn(async move { process.stop().await });
            }
            stopping.join_all().await;
        }
        self.clear_records(&processes);
        self.finished.send_replace(true);
    }

    /// Nothing is left, so nothing is left to find.
    fn clear_records(&self, processes: &[Arc<Process>]) {
        let records = processes.iter().map(|process| self.layout.process(&process.spec().name));
        for path in records.chain([self.layout.supervisor()]) {
            let _ = std::fs::remove_file(path);
        }
        self.contact.remove_socket();
    }
}

//! The client side of the socket.

use std::path::PathBuf;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use super::protocol::{ProcessStatus, Request, Response};
use crate::error::{Doing, Error, Result};
use crate::health;
use crate::layout::{self, Layout};
use crate::process::{Identity, Spec, again};

/// Who supervises a system; kept in its state folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Contact {
    /// The process.
    pub identity: Identity,
    /// Its socket.
    pub socket: PathBuf,
    /// Whether it stays when the one who started it goes.
    pub detached: bool,
}

impl Contact {
    /// Removes the socket and its folder. What can't be removed is only a few bytes in the temporary folder.
    pub(super) fn remove_socket(&self) {
        let _ = std::fs::remove_file(&self.socket);
        if let Some(folder) = self.socket.parent() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// A way to a running supervisor.
#[derive(Clone, Debug)]
pub struct Control {
    contact: Contact,
}

impl Control {
    /// The supervisor of this state folder, if it runs.
    pub fn find(layout: &Layout) -> Option<Self> {
        let contact: Contact = layout::read(&layout.supervisor())?;
        contact.identity.is_alive().then_some(Self { contact })
    }

    /// The same, as an error that says what to do.
    pub fn expect(layout: &Layout) -> Result<Self> {
        Self::find(layout).ok_or_else(|| Error::Refused("the system is not up: run `cargo xtask up`".to_owned()))
    }

    pub(super) fn to(contact: Contact) -> Self {
        Self { contact }
    }

    /// Who it is.
    pub fn contact(&self) -> &Contact {
        &self.contact
    }

    /// All processes.
    pub async fn status(&self) -> Result<Vec<ProcessStatus>> {
        self.request(&Request::Status).await
    }

    /// One process.
    pub async fn process(&self, name: &str) -> Result<ProcessStatus> {
        let all = self.status().await?;
        let names: Vec<String> = all.iter().map(|process| process.spec.name.clone()).collect();
        all.into_iter()
            .find(|process| process.spec.name == name)
            .ok_or_else(|| Error::Refused(format!("there is no process `{name}`; there are {}", names.join(", "))))
    }

    /// Starts a process without waiting for it.
    pub async fn start(&self, spec: Spec) -> Result<()> {
        self.request(&Request::Start(Box::new(spec))).await.map(drop)
    }

    /// Waits until a process is ready, or has ended instead.
    pub async fn ready(&self, spec: &Spec) -> Result<()> {
        tokio::select! {
            ready = health::wait(spec) => ready,
            ended = self.ended(&spec.name) => Err(Error::NotReady {
                name: spec.name.clone(),
                reason: ended,
                tail: health::tail(&spec.log),
                log: spec.log.clone(),
            }),
        }
    }

    /// Starts a process and waits until it is ready.
    pub async fn start_ready(&self, spec: Spec) -> Result<()> {
        let begun = Instant::now();
        loop {
            self.start(spec.clone()).await?;
            let ready = self.ready(&spec).await;
            if !again::worth_it(&ready, &spec, begun).await {
                return ready;
            }
        }
    }

    /// Stops a process gracefully.
    pub async fn stop(&self, name: &str) -> Result<()> {
        self.request(&Request::Stop(name.to_owned())).await.map(drop)
    }

    /// Stops a process gracefully, and drops it from the list.
    pub async fn forget(&self, name: &str) -> Result<()> {
        self.request(&Request::Forget(name.to_owned())).await.map(drop)
    }

    /// SIGKILLs a process.
    pub async fn kill(&self, name: &str) -> Result<()> {
        self.request(&Request::Kill(name.to_owned())).await.map(drop)
    }

    /// Stops everything and waits until the supervisor is gone.
    pub async fn shutdown(&self) -> Result<()> {
        self.request(&Request::Shutdown).await?;
        let ours = Identity::own().as_ref() == Some(&self.contact.identity);
        while !ours && self.contact.identity.is_alive() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Returns once the process has ended, with how.
    async fn ended(&self, name: &str) -> String {
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            match self.process(name).await {
                Ok(process) => {
                    if let Some(exit) = process.exit {
                        return exit.to_string();
                    }
                }
                Err(error) => return error.to_string(),
            }
        }
    }

    async fn request(&self, request: &Request) -> Result<Vec<ProcessStatus>> {
        let answer = self.exchange(request).await.doing(|| "speaking to the supervisor".to_owned())?;
        match answer {
            Response::Done(processes) => Ok(processes),
            Response::Refused(why) => Err(Error::Refused(why)),
        }
    }

    async fn exchange(&self, request: &Request) -> std::io::Result<Response> {
        let mut stream = BufReader::new(UnixStream::connect(&self.contact.socket).await?);
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        line.clear();
        stream.read_until(b'\n', &mut line).await?;
        Ok(serde_json::from_slice(&line)?)
    }
}

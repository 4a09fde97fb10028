//! A server that belongs to this process, as tests use it: start, stop, kill, start again.

use std::time::Instant;

use super::{Exit, Leash, Process, Spec, again};
use crate::error::{Error, Result};
use crate::health;

/// A process with a way to be ready. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    spec: Spec,
    leash: Leash,
    process: Process,
}

impl Server {
    /// Starts it and waits until it is ready.
    pub async fn start(spec: Spec) -> Result<Self> {
        let leash = Leash::new()?;
        let process = Process::spawn(spec.clone(), Some(leash.clone()))?;
        let mut server = Self { spec, leash, process };
        server.until_ready().await?;
        Ok(server)
    }

    /// What it was started with.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// What ends it with us; it can hold other processes too.
    pub fn leash(&self) -> Leash {
        self.leash.clone()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.identity().pid
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.process.exit().is_none()
    }

    /// Stops it gracefully; its data stays.
    pub async fn stop(&mut self) -> Exit {
        self.process.stop().await
    }

    /// SIGKILL, as in a crash; its data stays.
    pub async fn kill(&mut self) -> Exit {
        self.process.kill().await
    }

    /// Starts it again on the same port and data, after stopping it if it still runs.
    pub async fn restart(&mut self) -> Result<()> {
        if self.is_running() {
            self.process.stop().await;
        }
        self.process = self.spawn()?;
        self.until_ready().await
    }

    fn spawn(&self) -> Result<Process> {
        Process::spawn(self.spec.clone(), Some(self.leash.clone()))
    }

    async fn until_ready(&mut self) -> Result<()> {
        let begun = Instant::now();
        loop {
            let ready = self.ready().await;
            if !again::worth_it(&ready, &self.spec, begun).await {
                return ready;
            }
            self.process = self.spawn()?;
        }
    }

    async fn ready(&self) -> Result<()> {
        tokio::select! {
            ready = health::wait(&self.spec) => ready,
            exit = self.process.wait() => Err(Error::NotReady {
                name: self.spec.name.clone(),
                reason: exit.to_string(),
                tail: health::tail(&self.spec.log),
                log: self.spec.log.clone(),
            }),
        }
    }
}

use std::process::ExitCode;

use anyhow::bail;
use clap::ValueEnum;
use stack::Layout;
use stack::supervisor::Control;
use stack::system::{Role, Service, System};

use crate::build;

/// Start a process again, also one that was stopped or killed, and wait until it is healthy
#[derive(clap::Args)]
pub(crate) struct Restart {
    /// `orders`, `payments`, `inventory`, `gateway`, `temporal` or `postgres`
    service: String,
    /// What part of a service to run; all of it unless said otherwise
    #[arg(long, value_name = "ROLE")]
    role: Option<RoleName>,
    /// Build it first
    #[arg(long)]
    build: bool,
}

/// Stop a process gracefully, and leave it stopped
#[derive(clap::Args)]
pub(crate) struct Stop {
    /// The process, as `status` names it
    service: String,
}

/// SIGKILL a process, as in a crash
#[derive(clap::Args)]
pub(crate) struct Kill {
    /// The process, as `status` names it
    service: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    All,
    Api,
    Worker,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::All => Self::All,
            RoleName::Api => Self::Api,
            RoleName::Worker => Self::Worker,
        }
    }
}

impl Restart {
    pub(crate) async fn run(self, layout: &Layout) -> anyhow::Result<ExitCode> {
        let control = Control::expect(layout)?;
        let process = control.process(&self.service).await?;
        let mut spec = process.spec;
        let service = Service::named(&self.service);
        match service {
            Some(Service::Gateway) | None if self.role.is_some() => {
                bail!("{} has no roles", self.service)
            }
            None if self.build => bail!("{} is not built here", self.service),
            Some(service) => {
                if service != Service::Gateway {
                    let role = self.role.map_or(Role::All, Role::from);
                    spec.set_flag("--role", role.name());
                }
                if self.build {
                    build::services(&[service], System::load(layout)?.release).await?;
                }
            }
            None => {}
        }
        if process.exit.is_none() {
            control.stop(&spec.name).await?;
        }
        control.start_ready(spec).await?;
        println!(
            "{} runs again, as pid {}",
            self.service,
            control.process(&self.service).await?.pid
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl Stop {
    pub(crate) async fn run(self, layout: &Layout) -> anyhow::Result<ExitCode> {
        Control::expect(layout)?.stop(&self.service).await?;
        println!(
            "{} is stopped; `cargo xtask restart {}` starts it again",
            self.service, self.service
        );
        Ok(ExitCode::SUCCESS)
    }
}

impl Kill {
    pub(crate) async fn run(self, layout: &Layout) -> anyhow::Result<ExitCode> {
        Control::expect(layout)?.kill(&self.service).await?;
        println!(
            "{} is killed; `cargo xtask restart {}` starts it again",
            self.service, self.service
        );
        Ok(ExitCode::SUCCESS)
    }
}

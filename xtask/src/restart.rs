use std::process::ExitCode;

use anyhow::bail;
use clap::ValueEnum;
use stack::supervisor::Control;
use stack::system::{Role, Service, System};
use stack::{Layout, Spec};

use crate::{build, console, terminal};

/// Start a process again, also one that was stopped or killed, and wait until it is healthy
#[derive(clap::Args)]
pub(crate) struct Restart {
    /// `orders`, `payments`, `inventory`, `gateway`, `temporal`, `temporal-ui` or `postgres`
    service: String,
    /// What part of a service to run; all of it unless said otherwise
    #[arg(long, value_name = "ROLE")]
    role: Option<RoleName>,
    /// Start the role as a second process, `SERVICE-ROLE`, and leave the first as it is
    #[arg(long, requires = "role")]
    beside: bool,
    /// Build it first
    #[arg(long)]
    build: bool,
}

/// Stop a process gracefully, and leave it stopped
///
/// One that was started `--beside` another disappears from `status`.
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
        let known = control.process(&self.service).await?;
        let spec = match Service::named(&self.service) {
            Some(service) => self.service_spec(layout, service, known.spec).await?,
            None if self.role.is_some() || self.beside => bail!("{} has no roles", self.service),
            None if self.build => bail!("{} is not built here", self.service),
            None => known.spec,
        };
        let running = control.process(&spec.name).await.is_ok_and(|process| process.exit.is_none());
        if running {
            control.stop(&spec.name).await?;
        }
        let name = spec.name.clone();
        control.start_ready(spec).await?;
        println!("{name} runs as pid {}", control.process(&name).await?.pid);
        Ok(ExitCode::SUCCESS)
    }

    async fn service_spec(&self, layout: &Layout, service: Service, known: Spec) -> anyhow::Result<Spec> {
        let role = self.role.map_or(Role::All, Role::from);
        let has_roles = service != Service::Gateway;
        if !has_roles && (self.role.is_some() || self.beside) {
            bail!("{} has no roles", self.service);
        }
        let system = System::load(layout)?;
        if self.build {
            if service == Service::Gateway {
                console::build(&terminal::progress()).await?;
            }
            build::services(&[service], system.release).await?;
        }
        let make = if self.beside { Service::spec_beside } else { Service::spec };
        Ok(make(service, &system, layout, known.program, role))
    }
}

impl Stop {
    pub(crate) async fn run(self, layout: &Layout) -> anyhow::Result<ExitCode> {
        let control = Control::expect(layout)?;
        let known = control.process(&self.service).await?;
        let beside = Service::named(&self.service).is_none() && known.spec.args.contains(&"--role".to_owned());
        if beside {
            control.forget(&self.service).await?;
            println!("{} is stopped", self.service);
            return Ok(ExitCode::SUCCESS);
        }
        control.stop(&self.service).await?;
        println!("{} is stopped; `cargo xtask restart {}` starts it again", self.service, self.service);
        Ok(ExitCode::SUCCESS)
    }
}

impl Kill {
    pub(crate) async fn run(self, layout: &Layout) -> anyhow::Result<ExitCode> {
        Control::expect(layout)?.kill(&self.service).await?;
        println!("{} is killed; `cargo xtask restart {}` starts it again", self.service, self.service);
        Ok(ExitCode::SUCCESS)
    }
}

use std::path::PathBuf;
use std::process::ExitCode;

use stack::{Layout, certs};

/// Make a certificate for each process by a development CA, which is made too if there is none
///
/// A system that was started with `up --tls` takes the new ones without a restart.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Where the CA is, and the certificates go; the system's own folder unless said otherwise
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// For these names instead, such as the hosts of another system
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

pub(crate) fn run(layout: &Layout, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let folder = match arguments.out {
        Some(folder) => folder,
        None => {
            layout.create()?;
            layout.certificates()
        }
    };
    let chosen: Vec<&str> = arguments.names.iter().map(String::as_str).collect();
    let names = if chosen.is_empty() { certs::SUBJECTS.to_vec() } else { chosen };
    certs::make(&folder, &names)?;
    for name in names {
        println!("{:<12} {}", name, certs::identity(name));
    }
    println!("in {}, as NAME.pem and NAME-key.pem, by ca.pem", folder.display());
    Ok(ExitCode::SUCCESS)
}

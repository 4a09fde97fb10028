//! The demonstrations: each makes real requests to the running system, says what it
//! does, and fails when the outcome differs.

mod compensation;
mod crash;
mod end_to_end;
mod fulfilment;
mod retry;
mod saga;
mod stage;
mod validation;

use std::process::ExitCode;

use clap::ValueEnum;
use stack::Layout;

use stage::Stage;

/// Run the demonstrations against the running system; fails when an outcome differs
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this one
    name: Option<Name>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Order, approve, pay, reserve, commit
    EndToEnd,
    /// An order with a negative total ends in VALIDATION_FAILED
    Validation,
    /// A payment provider that fails transiently
    Retry,
    /// The orders service is killed while an order waits
    Crash,
    /// A reservation that can't be had leaves nothing held
    Saga,
    /// An order with a payment method is reserved, charged, committed, shipped, delivered
    Fulfilment,
    /// A declined charge releases the stock and cancels the order
    Compensation,
}

pub(crate) async fn run(layout: &Layout, arguments: Arguments) -> anyhow::Result<ExitCode> {
    play(layout, |name| arguments.name.is_none_or(|only| only == name)).await?;
    Ok(ExitCode::SUCCESS)
}

/// Those that start and end no process.
pub(crate) async fn without_processes(layout: &Layout) -> anyhow::Result<()> {
    play(layout, |name| name != Name::Crash).await
}

/// An order that waits for its decision; returns its id.
pub(crate) async fn waiting_order(layout: &Layout) -> anyhow::Result<String> {
    let stage = Stage::open(layout, 0, "an order waits")?;
    let order = stage.order().await?;
    stage.until(&format!("/orders/{order}/status"), "PENDING_APPROVAL").await?;
    Ok(order)
}

/// Approves it, and sees that it is carried out.
pub(crate) async fn approve(layout: &Layout, order: &str) -> anyhow::Result<()> {
    let stage = Stage::open(layout, 0, "the order goes on")?;
    stage.post_for(202, &format!("/orders/{order}/approve"), serde_json::Value::Null).await?;
    stage.until(&format!("/orders/{order}/status"), "APPROVED").await?;
    stage.settled(order).await
}

async fn play(layout: &Layout, chosen: impl Fn(Name) -> bool) -> anyhow::Result<()> {
    for (i, name) in Name::value_variants().iter().enumerate().filter(|(_, name)| chosen(**name)) {
        let title = name.to_possible_value().map(|v| v.get_name().to_owned()).unwrap_or_default();
        let mut stage = Stage::open(layout, i + 1, &title)?;
        match name {
            Name::EndToEnd => end_to_end::play(&mut stage).await,
            Name::Validation => validation::play(&mut stage).await,
            Name::Retry => retry::play(&mut stage).await,
            Name::Crash => crash::play(&mut stage, layout).await,
            Name::Saga => saga::play(&mut stage).await,
            Name::Fulfilment => fulfilment::play(&mut stage).await,
            Name::Compensation => compensation::play(&mut stage).await,
        }?;
        stage.close();
    }
    Ok(())
}

//! The figures.

use super::replies;
use crate::domain::Status;
use crate::store::{Figures, Step};
use contracts::Violations;
use contracts::orders as proto;
use contracts::timestamps::to_wire;
use service::Error;
use service::statistics::Window;
use std::time::Duration;
use strum::VariantArray as _;

pub(super) fn window(request: proto::GetOrderStatisticsRequest) -> Result<Window, Error> {
    let mut v = Violations::new();
    let window = Window::read(&mut v, "window", request.window);
    Ok(v.finish(window)?)
}

pub(super) fn reply(figures: &Figures) -> Result<proto::GetOrderStatisticsResponse, Error> {
    let count = |status: &Status| {
        let (_, orders) = figures.counts.iter().find(|(counted, _)| counted == status)?;
        Some(proto::OrderStatusCount { status: replies::status(*status).into(), orders: *orders })
    };
    Ok(proto::GetOrderStatisticsResponse {
        at: Some(to_wire(figures.at)),
        counts: Status::VARIANTS.iter().filter_map(count).collect(),
        steps: figures.steps.iter().map(step).collect::<Result<_, _>>()?,
        approval_median: duration(figures.approval_median)?,
        approval_p95: duration(figures.approval_p95)?,
        backlog: Some(figures.backlog),
    })
}

fn step(step: &Step) -> Result<proto::OrderStatisticsStep, Error> {
    Ok(proto::OrderStatisticsStep {
        start_time: Some(to_wire(step.start)),
        created: step.created,
        approved: step.approved,
        delivered: step.delivered,
        stopped: step.stopped,
        approval_median: duration(step.approval_median)?,
    })
}

fn duration(time: Option<Duration>) -> Result<Option<prost_types::Duration>, Error> {
    time.map(TryInto::try_into).transpose().map_err(Error::internal)
}

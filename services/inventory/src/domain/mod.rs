//! Stock, reservations and what may happen to them. No IO.

pub mod allocation;
pub mod movement;
pub mod reservation;
pub mod status;
pub mod stock;

pub use allocation::{Available, Wanted, allocate};
pub use movement::Movement;
pub use reservation::{Event, EventKind, Line, LineState, Reservation, Shortage};
pub use status::{Command, Status};
pub use stock::{Adjustment, Level, MovementType, Product};

//! What can be hit: the processes of the system, and the connections between them.

use std::fmt;

use stack::system::{Role, Service};

/// A process of the system. The three services run in three ways: with a second worker beside (orders), split into an
/// API and a worker (payments), and as one process (inventory).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Process {
    Postgres,
    Temporal,
    Orders,
    OrdersWorker,
    Payments,
    PaymentsWorker,
    Inventory,
    Gateway,
}

impl Process {
    /// All of them, in the order in which they are started.
    pub(crate) const ALL: [Self; 8] = [
        Self::Postgres,
        Self::Temporal,
        Self::Orders,
        Self::OrdersWorker,
        Self::Payments,
        Self::PaymentsWorker,
        Self::Inventory,
        Self::Gateway,
    ];

    /// As the supervisor names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::Temporal => "temporal",
            Self::Orders => "orders",
            Self::OrdersWorker => "orders-worker",
            Self::Payments => "payments",
            Self::PaymentsWorker => "payments-worker",
            Self::Inventory => "inventory",
            Self::Gateway => "gateway",
        }
    }

    /// The process of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|process| process.name() == name)
    }

    /// Which of our binaries it runs, as what; `None` for the servers.
    pub(crate) fn service(self) -> Option<(Service, Role)> {
        match self {
            Self::Postgres | Self::Temporal => None,
            Self::Orders => Some((Service::Orders, Role::All)),
            Self::OrdersWorker => Some((Service::Orders, Role::Worker)),
            Self::Payments => Some((Service::Payments, Role::Api)),
            Self::PaymentsWorker => Some((Service::Payments, Role::Worker)),
            Self::Inventory => Some((Service::Inventory, Role::All)),
            Self::Gateway => Some((Service::Gateway, Role::All)),
        }
    }
}

/// An end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Client,
    Service(Service),
    Temporal,
    Postgres,
}

impl End {
    fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Service(service) => service.name(),
            Self::Temporal => "temporal",
            Self::Postgres => "postgres",
        }
    }
}

/// All connections from one process, or its workers, to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) from: End,
    pub(crate) to: End,
}

impl Link {
    /// All of them.
    pub(crate) const ALL: [Self; 12] = {
        use Service::{Gateway, Inventory, Orders, Payments};
        const fn link(from: Service, to: End) -> Link {
            Link { from: End::Service(from), to }
        }
        [
            Self { from: End::Client, to: End::Service(Gateway) },
            link(Gateway, End::Service(Orders)),
            link(Gateway, End::Service(Payments)),
            link(Gateway, End::Service(Inventory)),
            link(Orders, End::Service(Payments)),
            link(Orders, End::Service(Inventory)),
            link(Orders, End::Temporal),
            link(Payments, End::Temporal),
            link(Inventory, End::Temporal),
            link(Orders, End::Postgres),
            link(Payments, End::Postgres),
            link(Inventory, End::Postgres),
        ]
    };

    /// What its proxy is called.
    pub(crate) fn proxy(self) -> String {
        format!("{}-{}", self.from.name(), self.to.name())
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.from.name(), self.to.name())
    }
}

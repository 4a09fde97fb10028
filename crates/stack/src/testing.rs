//! The servers that all tests of a run share. `cargo xtask test` starts one Postgres and one Temporal and says where they
//! are in the environment, so that no test needs more than a database, a task queue or a workflow id of its own.

/// A superuser's URL.
pub const DATABASE_URL: &str = "OMS_TEST_DATABASE_URL";
/// `host:port` of Temporal's gRPC front end; its namespace is `default`.
pub const TEMPORAL_ADDRESS: &str = "OMS_TEST_TEMPORAL_ADDRESS";

/// The shared servers of this test run.
#[derive(Clone, Debug)]
pub struct Shared {
    /// A superuser's URL. Make a database of your own with [`database::provision`](crate::database::provision).
    pub database_url: String,
    /// `host:port` of Temporal's gRPC front end.
    pub temporal_address: String,
}

impl Shared {
    /// From the environment; the error says what to run.
    pub fn from_env() -> Result<Self, String> {
        let read = |name: &str| {
            std::env::var(name).map_err(|_| {
                format!("{name} is not set: run `cargo xtask test`, or `cargo xtask test -- ARGUMENTS OF cargo test`")
            })
        };
        Ok(Self { database_url: read(DATABASE_URL)?, temporal_address: read(TEMPORAL_ADDRESS)? })
    }
}

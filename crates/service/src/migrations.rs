//! Bringing a service's schema up to date.
//!
//! Who owns the schema is another role than the one that works in it. Three ways:
//! - `database.migration_url` is the owner's: the process migrates with it before it begins, and lets it go;
//! - the process has no right to create anything: it waits until a process that has (`--role migrate`) was there;
//! - one role is both, as in a database that was made by hand.

use crate::cli::Role;
use crate::config::Database;
use crate::db::{self, is_unavailable};
use crate::error::Error;
use secrecy::ExposeSecret as _;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::collections::HashMap;
use std::str::FromStr as _;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Between two tries, while the database is away or somebody else has to migrate.
const AGAIN: Duration = Duration::from_secs(1);
/// Who keeps the list of migrations from the service's role, one at a time: Postgres refuses two at once.
const LOCK: i64 = 0x6f6d_735f_6d69;

/// The pool of a service whose schema is up to date. `None`: there is nothing left to do, because the process was only to
/// migrate, or was told to stop while the database was away, which is no fault.
///
/// # Errors
/// As for [`run`].
pub async fn migrated(
    config: &Database,
    migrator: &Migrator,
    role: Role,
    stop: &CancellationToken,
) -> Result<Option<PgPool>, Error> {
    let pool = db::pool(config).map_err(Error::internal)?;
    match run(config, &pool, migrator, stop).await {
        Err(_) if stop.is_cancelled() => Ok(None),
        Err(error) => Err(error),
        Ok(()) => Ok((role != Role::Migrate).then_some(pool)),
    }
}

/// Brings the schema up to date, under the migrator's advisory lock. Waits for a database that is away.
///
/// # Errors
/// A URL that is none, or a migration that does not apply.
pub async fn run(config: &Database, pool: &PgPool, migrator: &Migrator, stop: &CancellationToken) -> Result<(), Error> {
    let by = By::of(config, pool)?;
    loop {
        let why = match by.migrate(migrator).await {
            Ok(true) => break,
            Ok(false) => "waiting for the migrations".to_owned(),
            Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) if is_unavailable(&error) => {
                format!("waiting for the database: {error}")
            }
            Err(error) => return Err(Error::internal(error)),
        };
        tracing::warn!("{why}");
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = stop.cancelled() => return Err(Error::unavailable(why)),
        }
    }
    if let By::Owner { owner, .. } = by {
        owner.close().await;
    }
    Ok(())
}

/// Who migrates.
enum By {
    /// The owner of the schema, for the service's role.
    Owner { owner: PgPool, service: PgPool, role: String },
    /// The service's role, if it may.
    Itself(PgPool),
}

impl By {
    fn of(config: &Database, pool: &PgPool) -> Result<Self, Error> {
        let owner = config.migration_url.expose_secret();
        if owner.is_empty() {
            return Ok(Self::Itself(pool.clone()));
        }
        // What sqlx says of it may quote it.
        let malformed = |_| {
            let what = "database.migration_url is not of the form postgres://role:password@host:port/database";
            Error::internal(crate::config::Error::Invalid(what.to_owned()))
        };
        let owner = PgConnectOptions::from_str(owner).map_err(malformed)?;
        let role = pool.connect_options().get_username().to_owned();
        if owner.get_username() == role {
            return Ok(Self::Itself(pool.clone()));
        }
        let owner = PgPoolOptions::new().max_connections(1).connect_lazy_with(owner);
        Ok(Self::Owner { owner, service: pool.clone(), role })
    }

    /// False: it is somebody else's business, and not done yet.
    async fn migrate(&self, migrator: &Migrator) -> Result<bool, MigrateError> {
        match self {
            Self::Owner { owner, service, role } => {
                migrator.run(owner).await?;
                protect(owner, role).await?;
                // A role that can't log in is found now, and the first request finds a connection.
                sqlx::query("SELECT 1").execute(service).await?;
                Ok(true)
            }
            Self::Itself(pool) => {
                let may = "SELECT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)";
                if sqlx::query_scalar(may).fetch_one(pool).await? {
                    migrator.run(pool).await?;
                    return Ok(true);
                }
                are_applied(pool, migrator).await
            }
        }
    }
}

/// The service's role gets all tables that the owner makes, and so this one too, on which it has no business writing.
async fn protect(owner: &PgPool, role: &str) -> Result<(), sqlx::Error> {
    let mut transaction = owner.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *transaction).await?;
    let writes = "SELECT has_table_privilege($1, '_sqlx_migrations', 'INSERT, UPDATE, DELETE, TRUNCATE')";
    if sqlx::query_scalar(writes).bind(role).fetch_one(&mut *transaction).await? {
        let quoted = role.replace('"', "\"\"");
        let revoke = format!("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON _sqlx_migrations FROM \"{quoted}\"");
        sqlx::raw_sql(sqlx::AssertSqlSafe(revoke)).execute(&mut *transaction).await?;
    }
    transaction.commit().await
}

/// Whether all migrations were made, as they are here.
async fn are_applied(pool: &PgPool, migrator: &Migrator) -> Result<bool, MigrateError> {
    let there = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL";
    if !sqlx::query_scalar::<_, bool>(there).fetch_one(pool).await? {
        return Ok(false);
    }
    let made = "SELECT version, checksum FROM _sqlx_migrations WHERE success";
    let made: HashMap<i64, Vec<u8>> = sqlx::query_as(made).fetch_all(pool).await?.into_iter().collect();
    for migration in migrator.iter().filter(|migration| migration.migration_type.is_up_migration()) {
        match made.get(&migration.version) {
            Some(checksum) if *checksum != migration.checksum.as_ref() => {
                return Err(MigrateError::VersionMismatch(migration.version));
            }
            Some(_) => {}
            None => return Ok(false),
        }
    }
    Ok(true)
}

//! The database, and in it for each service a schema and two roles: one that owns it, and makes the tables; and one that
//! reads and writes them, and can do nothing else. Neither has rights elsewhere. Whoever provides Postgres makes these.

use reqwest::Url;
use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::error::{Error, Result};

/// The database of a system. Systems with a port offset have their own Postgres, unless they share one by `DATABASE_URL`.
pub const DATABASE: &str = "oms";
/// The services with a schema and a role of their own, both named as the service.
pub const SERVICES: [&str; 3] = ["orders", "payments", "inventory"];
/// Any number that nothing else locks.
const LOCK: i64 = 0x6f6d_7370;

/// A provisioned database.
#[derive(Clone, Debug)]
pub struct Database {
    admin: Url,
    name: String,
}

impl Database {
    /// The URL with which `service` reads and writes its tables.
    pub fn url(&self, service: &str) -> Result<String> {
        self.url_of(service)
    }

    /// The URL with which its tables are made and changed.
    pub fn migration_url(&self, service: &str) -> Result<String> {
        self.url_of(&owner(service))
    }

    fn url_of(&self, role: &str) -> Result<String> {
        let mut url = self.admin.clone();
        url.set_path(&self.name);
        let password = password(&self.admin, role);
        url.set_username(role).and_then(|()| url.set_password(Some(&password))).map_err(|()| not_a_url())?;
        Ok(url.into())
    }

    /// The URL of the one who provisioned it.
    pub fn admin_url(&self) -> String {
        let mut url = self.admin.clone();
        url.set_path(&self.name);
        url.into()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Makes the database `name` with its roles and empty schemas where they are missing. `admin_url` is that of someone who
/// may create databases and roles. Can be repeated, also by several at once.
pub async fn provision(admin_url: &str, name: &str) -> Result<Database> {
    let admin = parse(admin_url)?;
    let mut connection = lock(&admin).await?;
    for service in SERVICES {
        for role in [service, &owner(service)] {
            ensure_role(&mut connection, role, &password(&admin, role)).await?;
        }
    }
    if !exists(&mut connection, name).await? {
        run(&mut connection, format!("CREATE DATABASE \"{name}\"")).await?;
    }
    let database = Database { admin, name: name.to_owned() };
    let mut inside = PgConnection::connect(&database.admin_url()).await?;
    run(&mut inside, rights(name)).await?;
    inside.close().await?;
    // Closing the session releases the lock.
    connection.close().await?;
    Ok(database)
}

/// A session that alone makes roles and databases until it is closed: Postgres answers "tuple concurrently updated" when
/// two alter the same role.
pub(crate) async fn lock(admin: &Url) -> Result<PgConnection> {
    let mut connection = PgConnection::connect(admin.as_str()).await?;
    run(&mut connection, format!("SELECT pg_advisory_lock({LOCK})")).await?;
    Ok(connection)
}

/// Whether there is a database of this name.
pub(crate) async fn exists(connection: &mut PgConnection, name: &str) -> Result<bool> {
    let found =
        sqlx::query("SELECT 1 FROM pg_database WHERE datname = $1").bind(name).fetch_optional(connection).await?;
    Ok(found.is_some())
}

/// Makes a role that can log in with this password.
pub(crate) async fn ensure_role(connection: &mut PgConnection, role: &str, password: &str) -> Result<()> {
    let exists =
        sqlx::query("SELECT 1 FROM pg_roles WHERE rolname = $1").bind(role).fetch_optional(&mut *connection).await?;
    let verb = if exists.is_some() { "ALTER" } else { "CREATE" };
    run(connection, format!("{verb} ROLE {role} LOGIN PASSWORD '{password}'")).await?;
    // Someone who is no superuser may make a schema only for a role he is in.
    run(connection, format!("GRANT {role} TO CURRENT_USER")).await
}

/// The role that owns the schema of a service.
fn owner(service: &str) -> String {
    format!("{service}_owner")
}

/// Also of a database of earlier times, in which the service's role owns the schema and all in it.
fn rights(database: &str) -> String {
    let mut sql =
        format!("REVOKE ALL ON DATABASE \"{database}\" FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC;");
    for service in SERVICES {
        let owner = owner(service);
        sql += &format!(
            "REVOKE ALL ON DATABASE \"{database}\" FROM {service};
             GRANT CONNECT ON DATABASE \"{database}\" TO {service}, {owner};
             CREATE SCHEMA IF NOT EXISTS {service} AUTHORIZATION {owner};
             REASSIGN OWNED BY {service} TO {owner};
             GRANT USAGE ON SCHEMA {service} TO {service};
             ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {service}
                 GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {service};
             ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {service} GRANT USAGE ON SEQUENCES TO {service};
             GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {service} TO {service};
             GRANT USAGE ON ALL SEQUENCES IN SCHEMA {service} TO {service};
             DO $$ BEGIN
                 IF to_regclass('{service}._sqlx_migrations') IS NOT NULL THEN
                     REVOKE INSERT, UPDATE, DELETE ON {service}._sqlx_migrations FROM {service};
                 END IF;
             END $$;
             ALTER ROLE {service} IN DATABASE \"{database}\" SET search_path = {service};
             ALTER ROLE {owner} IN DATABASE \"{database}\" SET search_path = {service};"
        );
    }
    sql
}

pub(crate) async fn run(connection: &mut PgConnection, sql: String) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await?;
    Ok(())
}

/// The password of a service's role: from the administrator's, so that all who share a server agree on it and none has
/// to be stored.
pub(crate) fn password(admin: &Url, service: &str) -> String {
    let digest = Sha256::digest(format!("{}/{service}", admin.password().unwrap_or("local")));
    digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn parse(admin_url: &str) -> Result<Url> {
    Url::parse(admin_url).map_err(|_| not_a_url())
}

fn not_a_url() -> Error {
    Error::Refused("DATABASE_URL is not of the form postgres://user:password@host:port/database".to_owned())
}

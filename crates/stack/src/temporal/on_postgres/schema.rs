//! The server's two databases, of a role that owns both and reaches no other. Their tables are made and updated by
//! Temporal's own tool, which has their definitions inside.

use std::path::Path;
use std::process::Stdio;

use sqlx::{Connection, PgConnection};
use tokio::process::Command;

use crate::certs::Trust;
use crate::database;
use crate::error::{Doing, Error, Result};

/// What Temporal calls its driver.
pub(super) const PLUGIN: &str = "postgres12";
/// The role.
const ROLE: &str = "temporal";

/// The databases, and how their owner reaches them.
#[derive(Clone, Debug)]
pub(super) struct Databases {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: &'static str,
    pub(super) password: String,
    pub(super) main: String,
    pub(super) visibility: String,
    trust: Option<Trust>,
}

/// Makes the databases with their tables where they are missing, and brings the tables up to date where they are not.
pub(super) async fn provision(sql_tool: &Path, admin_url: &str, name: &str, trust: Option<Trust>) -> Result<Databases> {
    let admin = database::parse(admin_url)?;
    let databases = Databases {
        host: admin.host_str().unwrap_or("127.0.0.1").to_owned(),
        port: admin.port().unwrap_or(5432),
        user: ROLE,
        password: database::password(&admin, ROLE),
        main: name.to_owned(),
        visibility: format!("{name}_visibility"),
        trust,
    };
    let mut connection = database::lock(&admin).await?;
    database::ensure_role(&mut connection, ROLE, &databases.password).await?;
    for (database, tables) in
        [(&databases.main, "postgresql/v12/temporal"), (&databases.visibility, "postgresql/v12/visibility")]
    {
        let tool = SqlTool { program: sql_tool, databases: &databases, tables };
        tool.provision(&mut connection, database).await?;
    }
    // Closing the session releases the lock.
    connection.close().await?;
    Ok(databases)
}

impl Databases {
    fn url(&self, database: &str) -> Result<String> {
        let Self { host, port, user, password, .. } = self;
        let plain = format!("postgres://{user}:{password}@{host}:{port}/{database}?sslmode=disable");
        self.trust.as_ref().map_or(Ok(plain.clone()), |trust| trust.in_url(&plain))
    }
}

struct SqlTool<'a> {
    program: &'a Path,
    databases: &'a Databases,
    tables: &'static str,
}

impl SqlTool<'_> {
    async fn provision(&self, connection: &mut PgConnection, name: &str) -> Result<()> {
        if database::exists(connection, name).await? {
            return self.update(name).await;
        }
        // Under another name until it is whole, because what was interrupted can't be gone on with.
        let partial = format!("{name}_partial");
        database::run(connection, format!("DROP DATABASE IF EXISTS \"{partial}\" WITH (FORCE)")).await?;
        database::run(connection, format!("CREATE DATABASE \"{partial}\" OWNER {ROLE}")).await?;
        database::run(connection, format!("REVOKE ALL ON DATABASE \"{partial}\" FROM PUBLIC")).await?;
        self.run(&partial, &["setup-schema", "--version", "0.0"]).await?;
        self.update(&partial).await?;
        self.adopt(&partial, name).await?;
        database::run(connection, format!("ALTER DATABASE \"{partial}\" RENAME TO \"{name}\"")).await?;
        Ok(())
    }

    /// The version of the tables is kept under the database's name.
    async fn adopt(&self, partial: &str, name: &str) -> Result<()> {
        let mut inside = PgConnection::connect(&self.databases.url(partial)?).await?;
        let renamed = sqlx::query("UPDATE schema_version SET db_name = $1").bind(name);
        renamed.execute(&mut inside).await?;
        inside.close().await?;
        Ok(())
    }

    async fn update(&self, database: &str) -> Result<()> {
        self.run(database, &["update-schema", "--schema-name", self.tables]).await
    }

    async fn run(&self, database: &str, command: &[&str]) -> Result<()> {
        let Databases { host, port, user, password, .. } = self.databases;
        let mut tool = Command::new(self.program);
        tool.args(["--plugin", PLUGIN, "--endpoint", host, "--port", &port.to_string()]).args([
            "--user",
            user,
            "--database",
            database,
        ]);
        if let Some(Trust { ca, certificate, key }) = &self.databases.trust {
            tool.args(["--tls", "--tls-ca-file"]).arg(ca);
            tool.arg("--tls-cert-file").arg(certificate).arg("--tls-key-file").arg(key);
        }
        let output = tool
            .args(command)
            // Where no other account sees it.
            .env("SQL_PASSWORD", password)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .at("starting", self.program)?;
        if output.status.success() {
            return Ok(());
        }
        let what = format!("{} of Temporal's database {database}", command[0]);
        let detail = [output.stdout, output.stderr].concat();
        Err(Error::Failed { what, detail: String::from_utf8_lossy(&detail).into_owned() })
    }
}

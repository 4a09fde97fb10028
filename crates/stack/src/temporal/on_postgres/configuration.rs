//! The server's configuration files: JSON, which is YAML too.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::schema::Databases;
use super::{Ports, Ui};
use crate::account;
use crate::certs::Trust;
use crate::error::{Doing, Result};
use crate::layout;
use crate::ports;
use crate::temporal::dynamic;

/// The names by which the programs find their files, which they call environments.
pub(super) const SERVER: &str = "server";
pub(super) const UI: &str = "ui";

/// The name in its certificate.
const SUBJECT: &str = "temporal";

/// Fixed for good when the databases are made.
const HISTORY_SHARDS: u32 = 4;

/// All that differs from one server to the next.
pub(super) struct Configuration {
    pub(super) directory: PathBuf,
    pub(super) databases: Databases,
    pub(super) ports: Ports,
    pub(super) ui: Option<Ui>,
    /// The certificate of the server, if it speaks TLS.
    pub(super) trust: Option<Trust>,
}

impl Configuration {
    /// Writes all files. There is a password in them.
    pub(super) fn write(&self) -> Result<()> {
        let folder = &self.directory;
        std::fs::create_dir_all(folder).at("creating", folder)?;
        account::set_mode(folder, 0o700)?;
        let write = |name: &str, value: Value| layout::write_private(&self.path(name), &value);
        write(SERVER, self.server())?;
        write("dynamic", dynamic::file())?;
        self.ui.as_ref().map_or(Ok(()), |ui| write(UI, self.ui(ui)))
    }

    /// How a program is told of its file.
    pub(super) fn arguments(&self, environment: &str) -> Vec<String> {
        let root = self.directory.to_string_lossy().into_owned();
        ["--root", &root, "--config", ".", "--env", environment].map(str::to_owned).to_vec()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.yaml"))
    }

    fn server(&self) -> Value {
        let mut server = json!({
            "log": { "stdout": true, "level": "warn", "format": "console" },
            "persistence": {
                "numHistoryShards": HISTORY_SHARDS,
                "defaultStore": "default",
                "visibilityStore": "visibility",
                "datastores": {
                    // Each part of the server has as many of its own.
                    "default": self.store(&self.databases.main, 20),
                    "visibility": self.store(&self.databases.visibility, 10),
                },
            },
            "global": {
                "membership": { "maxJoinDuration": "30s", "broadcastAddress": "127.0.0.1" },
                "metrics": { "prometheus": { "listenAddress": local(self.ports.metrics), "handlerPath": "/metrics" } },
            },
            "services": self.services(),
            "clusterMetadata": {
                "enableGlobalNamespace": false,
                "failoverVersionIncrement": 10,
                "masterClusterName": "active",
                "currentClusterName": "active",
                "clusterInformation": {
                    "active": {
                        "enabled": true,
                        "initialFailoverVersion": 1,
                        "rpcName": "frontend",
                        "rpcAddress": local(self.ports.frontend),
                    },
                },
            },
            "dcRedirectionPolicy": { "policy": "noop" },
            "dynamicConfigClient": { "filepath": self.path("dynamic"), "pollInterval": "60s" },
        });
        if let Some(trust) = &self.trust {
            server["global"]["tls"] = tls(trust);
        }
        server
    }

    fn store(&self, database: &str, connections: u32) -> Value {
        let Databases { host, port, user, password, .. } = &self.databases;
        let mut store = json!({ "sql": {
            "pluginName": super::schema::PLUGIN,
            "databaseName": database,
            "connectAddr": format!("{host}:{port}"),
            "connectProtocol": "tcp",
            "user": user,
            "password": password,
            "maxConns": connections,
            "maxIdleConns": connections,
            "maxConnLifetime": "1h",
        } });
        if let Some(Trust { ca, certificate, key }) = &self.trust {
            store["sql"]["tls"] = json!({
                "enabled": true, "enableHostVerification": true, "caFile": ca, "certFile": certificate, "keyFile": key,
            });
        }
        store
    }

    /// The parts of the server, all in one process: each answers on one port, and finds the others on another.
    fn services(&self) -> Value {
        let Ports { frontend, http, internal, .. } = self.ports;
        let part = |grpc: u16, membership: u16| json!({ "rpc": { "grpcPort": grpc, "membershipPort": membership, "bindOnLocalHost": true } });
        let mut services = json!({
            "frontend": part(frontend, internal),
            "matching": part(internal + 1, internal + 2),
            "history": part(internal + 3, internal + 4),
            "worker": part(internal + 5, internal + 6),
        });
        services["frontend"]["rpc"]["httpPort"] = http.into();
        services
    }

    fn ui(&self, ui: &Ui) -> Value {
        let mut page = json!({
            "host": "127.0.0.1",
            "port": ui.port,
            "temporalGrpcAddress": local(self.ports.frontend),
            "enableUi": true,
            "defaultNamespace": "default",
            "cors": { "cookieInsecure": true },
            "codec": { "endpoint": ui.codec.as_deref().unwrap_or_default() },
            "hideLogs": true,
        });
        if let Some(Trust { ca, certificate, key }) = &self.trust {
            page["tls"] = json!({
                "caFile": ca, "certFile": certificate, "keyFile": key, "enableHostVerification": true,
                "serverName": SUBJECT,
            });
        }
        page
    }
}

/// Both between its parts and with whoever calls it, certificates are shown by both sides, and looked at again.
fn tls(Trust { ca, certificate, key }: &Trust) -> Value {
    let server = json!({
        "certFile": certificate, "keyFile": key, "requireClientAuth": true, "clientCaFiles": [ca],
    });
    let client = json!({ "serverName": SUBJECT, "rootCaFiles": [ca] });
    let side = json!({ "server": server, "client": client });
    json!({
        "refreshInterval": "5s",
        "internode": side,
        "frontend": side,
        "systemWorker": { "certFile": certificate, "keyFile": key, "client": client },
    })
}

fn local(port: u16) -> String {
    ports::local(port).to_string()
}

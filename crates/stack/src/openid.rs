//! An OpenID provider on this machine, by which people sign in to the console: `tools/oidc-provider`, run by Node. It signs
//! with the key of the [`Issuer`] in the same folder, so its tokens and those of `cargo xtask token` are of one issuer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::Serialize;

use crate::error::{Doing, Error, Result};
use crate::health::Health;
use crate::issuer::{AUDIENCE, Issuer};
use crate::layout;
use crate::node;
use crate::ports;
use crate::process::{Server, Spec, StopSignal};
use crate::progress::Progress;

/// The console's name there.
pub const CLIENT: &str = "oms-console";
/// What a token is for, as a resource: its audience is [`AUDIENCE`].
const RESOURCE: &str = "urn:oms";

/// Who can sign in: a subject, a name, a role.
pub const PEOPLE: [(&str, &str, &str); 5] = [
    ("alice", "Alice", "manager"),
    ("walter", "Walter", "warehouse"),
    ("fiona", "Fiona", "finance"),
    ("audrey", "Audrey", "auditor"),
    ("CUST123", "Cuong", "customer"),
];

/// Where a provider listens, and for whom. A port of 0 stands for a free one.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its log.
    pub log: PathBuf,
    /// The issuer's folder; the provider's own settings are put there too.
    pub folder: PathBuf,
    /// Its port.
    pub port: u16,
    /// Where browsers reach the gateways whose console signs people in.
    pub public_urls: Vec<String>,
    /// How long a token lives, in seconds.
    pub access_token_s: u32,
}

/// A provider that is ready to be started.
#[derive(Clone, Debug)]
pub struct OpenId {
    spec: Spec,
}

/// The program's settings.
#[derive(Serialize)]
struct Settings<'a> {
    port: u16,
    issuer: String,
    key: PathBuf,
    jwks: PathBuf,
    client_id: &'a str,
    client_secret: String,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    resource: &'a str,
    audience: &'a str,
    access_token_s: u32,
    people: BTreeMap<&'a str, Person<'a>>,
}

#[derive(Serialize)]
struct Person<'a> {
    name: &'a str,
    roles: [&'a str; 1],
}

impl OpenId {
    /// The name of the one on this port. By number, so that a browser keeps its cookies apart from the gateway's.
    #[must_use]
    pub fn issuer(port: u16) -> String {
        format!("http://127.0.0.1:{port}")
    }

    /// Installs it if that was not done before, and writes its settings.
    pub async fn prepare(options: &Options, progress: &Progress) -> Result<Self> {
        let program = node::program("oidc-provider", progress).await?;
        let port = ports::or_free(options.port)?;
        let issuer = Self::issuer(port);
        Issuer::of_folder(&options.folder, &issuer)?;
        let secret = client_secret(&options.folder)?;
        make_once(&session_key_file(&options.folder), |random| format!("local-1:{random}"))?;
        let each = |path: &str| options.public_urls.iter().map(|url| format!("{url}{path}")).collect();
        let settings = Settings {
            port,
            key: Issuer::key_file(&options.folder),
            jwks: Issuer::jwks_file(&options.folder),
            client_id: CLIENT,
            client_secret: secret,
            redirect_uris: each("/console/callback"),
            post_logout_redirect_uris: each("/console/"),
            resource: RESOURCE,
            audience: AUDIENCE,
            access_token_s: options.access_token_s,
            people: PEOPLE.into_iter().map(|(id, name, role)| (id, Person { name, roles: [role] })).collect(),
            issuer,
        };
        let file = options.folder.join("oidc-provider.json");
        layout::write_private(&file, &settings)?;
        let spec = Spec {
            name: "openid".to_owned(),
            program: PathBuf::from("node"),
            args: [program.join("main.mjs"), file].map(|path| path.display().to_string()).to_vec(),
            env: BTreeMap::new(),
            sections: None,
            directory: options.folder.clone(),
            account: None,
            log: options.log.clone(),
            port,
            health: Some(Health::Http(format!("{}/.well-known/openid-configuration", settings.issuer))),
            stop_signal: StopSignal::Terminate,
            stop_rank: 1,
            grace_seconds: 5,
            starts_again: false,
        };
        Ok(Self { spec })
    }

    /// Prepares and starts one that ends with this process.
    pub async fn start(options: &Options, progress: &Progress) -> Result<(Self, Server)> {
        let openid = Self::prepare(options, progress).await?;
        let server = Server::start(openid.spec.clone()).await?;
        Ok((openid, server))
    }

    /// How to start it.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// Its name, which is where it is.
    pub fn url(&self) -> String {
        Self::issuer(self.spec.port)
    }
}

/// The console's secret at the provider of this folder, made when it is first asked for.
pub fn client_secret(folder: &Path) -> Result<String> {
    let file = secret_file(folder);
    make_once(&file, |random| random)?;
    std::fs::read_to_string(&file).at("reading", &file)
}

/// Where the console's secret at the provider of this folder is.
pub(crate) fn secret_file(folder: &Path) -> PathBuf {
    folder.join("console-secret")
}

/// Where the key is that the gateway seals its cookies with. It stays, so that a restart signs nobody out.
pub(crate) fn session_key_file(folder: &Path) -> PathBuf {
    folder.join("console-session-key")
}

/// Makes a file of ours, with the base64 of 32 random bytes, when it is not there yet.
fn make_once(file: &Path, content: impl FnOnce(String) -> String) -> Result<()> {
    if file.exists() {
        return Ok(());
    }
    let mut bytes = [0; 32];
    let failed = |_| Error::Failed { what: format!("making {}", file.display()), detail: "no randomness".to_owned() };
    SystemRandom::new().fill(&mut bytes).map_err(failed)?;
    layout::write_closed(file, content(STANDARD.encode(bytes)).as_bytes(), 0o600)
}

//! Compiles `proto/` without a `protoc` on the machine and keeps the descriptor
//! set, which reflection serves.

use prost::Message as _;
use prost_types::FileDescriptorSet;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const FILES: [&str; 10] = [
    "oms/orders/v1/orders.proto",
    "oms/orders/v1/audit.proto",
    "oms/orders/v1/privacy.proto",
    "oms/orders/v1/webhooks.proto",
    "oms/payments/v1/payments.proto",
    "oms/payments/v1/audit.proto",
    "oms/payments/v1/webhooks.proto",
    "oms/inventory/v1/inventory.proto",
    "oms/inventory/v1/audit.proto",
    "oms/inventory/v1/webhooks.proto",
];

/// Messages with something that must not be logged.
const SECRET: [&str; 5] = [
    "oms.orders.v1.CreateOrderRequest",
    "oms.orders.v1.EraseCustomerRequest",
    "oms.payments.v1.CreatePaymentRequest",
    "oms.common.v1.CreateWebhookEndpointResponse",
    "oms.common.v1.RotateWebhookSecretResponse",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Asked for when it runs: the compiled script may be shared by several checkouts.
    let root = std::path::PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", root.display());
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    let files = FILES.map(|f| root.join(f));
    let set = protox::compile(files, [&root])?;
    std::fs::write(out.join("descriptors.bin"), set.encode_to_vec())?;
    std::fs::write(out.join("methods.rs"), methods(&set)?)?;
    tonic_prost_build::configure().skip_debug(SECRET).compile_fds(set)?;
    Ok(())
}

/// Every RPC as a variant of one enum, so that a `match` over them can't forget one: `OrdersCreateOrder` is the method
/// `CreateOrder` of a service in the package `oms.orders.v1`.
fn methods(set: &FileDescriptorSet) -> Result<String, Box<dyn std::error::Error>> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for file in &set.file {
        let Some(domain) = file.package().strip_prefix("oms.").and_then(|rest| rest.strip_suffix(".v1")) else {
            continue;
        };
        for service in &file.service {
            for method in &service.method {
                let name = format!("{}{}{}", domain[..1].to_uppercase(), &domain[1..], method.name());
                if !names.insert(name.clone()) {
                    return Err(format!("two methods of {domain} are called {}", method.name()).into());
                }
                let path = format!("/{}.{}/{}", file.package(), service.name(), method.name());
                found.push((name, path, method.server_streaming() || method.client_streaming()));
            }
        }
    }
    let mut code = String::from(
        "/// A method of a gRPC service of ours.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum Method {\n",
    );
    for (name, path, _) in &found {
        writeln!(code, "    /// `{path}`\n    {name},")?;
    }
    code.push_str("}\n\nimpl Method {\n    /// All of them.\n    pub const ALL: &[Self] = &[");
    for (name, ..) in &found {
        write!(code, "Self::{name}, ")?;
    }
    code.push_str("];\n\n    /// The path of its calls, `/package.Service/Method`.\n    #[must_use]\n    pub const fn path(self) -> &'static str {\n        match self {\n");
    for (name, path, _) in &found {
        writeln!(code, "            Self::{name} => \"{path}\",")?;
    }
    code.push_str("        }\n    }\n\n    /// Whether it streams.\n    #[must_use]\n    pub const fn streams(self) -> bool {\n        matches!(self, ");
    let streams: Vec<String> =
        found.iter().filter(|(.., streams)| *streams).map(|(name, ..)| format!("Self::{name}")).collect();
    code.push_str(&streams.join(" | "));
    code.push_str(")\n    }\n\n    /// The method with this path.\n    #[must_use]\n    pub fn at(path: &str) -> Option<Self> {\n        Some(match path {\n");
    for (name, path, _) in &found {
        writeln!(code, "            \"{path}\" => Self::{name},")?;
    }
    code.push_str("            _ => return None,\n        })\n    }\n}\n");
    Ok(code)
}

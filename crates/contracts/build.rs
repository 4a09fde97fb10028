//! Compiles `proto/` without a `protoc` on the machine and keeps the descriptor
//! set, which reflection serves.

use prost::Message as _;

const FILES: [&str; 9] = [
    "oms/orders/v1/orders.proto",
    "oms/orders/v1/audit.proto",
    "oms/orders/v1/webhooks.proto",
    "oms/payments/v1/payments.proto",
    "oms/payments/v1/audit.proto",
    "oms/payments/v1/webhooks.proto",
    "oms/inventory/v1/inventory.proto",
    "oms/inventory/v1/audit.proto",
    "oms/inventory/v1/webhooks.proto",
];

/// Messages with something that must not be logged.
const SECRET: [&str; 4] = [
    "oms.orders.v1.CreateOrderRequest",
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
    tonic_prost_build::configure().skip_debug(SECRET).compile_fds(set)?;
    Ok(())
}

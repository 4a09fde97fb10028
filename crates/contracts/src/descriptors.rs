//! What the contracts declare, for those who go by names.

use crate::DESCRIPTORS;
use prost::{DecodeError, Message as _};
use prost_types::{FileDescriptorSet, ServiceDescriptorProto};

/// The gRPC services of all contracts, each with its full name.
///
/// # Errors
/// [`DESCRIPTORS`] can't be read.
pub fn services() -> Result<Vec<(String, ServiceDescriptorProto)>, DecodeError> {
    let files = FileDescriptorSet::decode(DESCRIPTORS)?.file;
    let named = files.into_iter().flat_map(|file| {
        let package = file.package().to_owned();
        file.service.into_iter().map(move |service| (format!("{package}.{}", service.name()), service))
    });
    Ok(named.collect())
}

//! Settings in the environment are for all processes of a system, and each takes only sections that it has.

use std::ffi::OsString;

/// The section of a variable such as `OMS_OUTBOX__QUEUE`: `outbox`. `None`: it is no setting.
pub fn section(variable: &str) -> Option<String> {
    let (section, _) = variable.strip_prefix("OMS_")?.split_once("__")?;
    Some(section.to_lowercase())
}

/// The settings in our environment that are not of these sections.
pub(super) fn foreign(sections: &[String]) -> impl Iterator<Item = OsString> {
    let foreign = |name: &OsString| name.to_str().and_then(section).is_some_and(|of| !sections.contains(&of));
    std::env::vars_os().map(|(name, _)| name).filter(foreign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_has_a_section() {
        assert_eq!(section("OMS_OUTBOX__MAX_IN_FLIGHT").as_deref(), Some("outbox"));
        for other in ["OMS_USE", "PATH", "OTHER_OUTBOX__QUEUE"] {
            assert_eq!(section(other), None);
        }
    }
}

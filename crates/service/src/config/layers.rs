//! The layers of a configuration: compiled-in defaults, a file, the environment. What is wrong with a value is told
//! without the value: it may be a secret.

use super::Error;
use figment::error::{Actual, Kind};
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile, Source};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::path::Path;

const PREFIX: &str = "OMS_";
/// `OMS_SECTION__KEY_FILE` is the path of a file with the value of `OMS_SECTION__KEY`.
const FROM_FILE: &str = "_file";

/// Reads a configuration.
///
/// # Errors
/// A missing file, an unknown key, or a value of the wrong kind.
pub fn load<T: DeserializeOwned>(defaults: &str, file: Option<&Path>) -> Result<T, Error> {
    // Only names with a section are ours: `OMS_TEST_…` and the like are somebody else's.
    let environment = Env::prefixed(PREFIX).filter(|key| key.as_str().contains("__")).split("__");
    let variables = environment.iter().map(|(key, value)| (key.to_string(), value)).collect();
    from_layers(defaults, file, variables)
}

fn from_layers<T: DeserializeOwned>(
    defaults: &str,
    file: Option<&Path>,
    variables: BTreeMap<String, String>,
) -> Result<T, Error> {
    let defaults = Figment::from(Toml::string(defaults));
    let environment = environment(&defaults, variables)?;
    let mut figment = defaults;
    if let Some(path) = file {
        if !path.is_file() {
            return Err(Error::Missing(path.display().to_string()));
        }
        figment = figment.merge(Toml::file_exact(path));
    }
    figment.merge(Serialized::from(environment, Profile::Default)).extract().map_err(|error| fault(&error))
}

/// The variables, by their keys such as `database.url`, as values.
fn environment(defaults: &Figment, variables: BTreeMap<String, String>) -> Result<Dict, Error> {
    let mut values = Dict::new();
    for (key, text) in &variables {
        // A setting may itself be called like that.
        let of = key.strip_suffix(FROM_FILE).filter(|_| !defaults.contains(key));
        let (key, text) = match of {
            Some(of) if variables.contains_key(of) => {
                let (one, other) = (variable(of), variable(key));
                return Err(Error::Invalid(format!("{one} and {other} are both set")));
            }
            Some(of) => (of, &content(key, text)?),
            None => (key.as_str(), text),
        };
        // What is text stays text: a password of digits is no number.
        let is_text = defaults.find_value(key).is_ok_and(|default| default.as_str().is_some());
        let value = if is_text { Value::from(text.as_str()) } else { parsed(text) };
        values = merged(values, figment::util::nest(key, value));
    }
    Ok(values)
}

fn parsed(text: &str) -> Value {
    text.parse().unwrap_or_else(|never: std::convert::Infallible| match never {})
}

fn content(key: &str, path: &str) -> Result<String, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error) => Err(Error::Invalid(format!("{}: {path} can't be read: {error}", variable(key)))),
    }
}

/// The name of the variable for a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// Adds one value, which is nested in its section.
fn merged(mut values: Dict, added: Value) -> Dict {
    for (name, value) in added.into_dict().unwrap_or_default() {
        let together = match (values.remove(&name), value) {
            (Some(Value::Dict(tag, section)), value @ Value::Dict(..)) => Value::Dict(tag, merged(section, value)),
            (_, value) => value,
        };
        values.insert(name, together);
    }
    values
}

fn fault(error: &figment::Error) -> Error {
    let kind = match &error.kind {
        Kind::InvalidType(found, expected) => format!("expected {expected}, found {}", name(found)),
        Kind::InvalidValue(_, expected) => format!("expected {expected}"),
        Kind::UnknownVariant(_, expected) => format!("expected one of {}", expected.join(", ")),
        Kind::Unsupported(found) => format!("{} is not supported", name(found)),
        // Of a file that is no TOML, later lines quote it.
        kind => kind.to_string().lines().next().unwrap_or_default().to_owned(),
    };
    let path = error.path.join(".");
    let file = match error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref()) {
        Some(Source::File(path)) => format!(" in {}", path.display()),
        _ => String::new(),
    };
    Error::Invalid(if path.is_empty() { format!("{kind}{file}") } else { format!("{path}: {kind}{file}") })
}

/// What kind of value it is, without the value.
fn name(found: &Actual) -> &'static str {
    match found {
        Actual::Bool(_) => "a boolean",
        Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_) => "a number",
        Actual::Char(_) | Actual::Str(_) | Actual::Bytes(_) => "text",
        Actual::Seq => "a list",
        Actual::Map => "a section",
        _ => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::{ExposeSecret as _, SecretString};
    use serde::Deserialize;

    const DEFAULTS: &str = "[service]\nsecret = ''\nlist = ['a']\nport = 1\nstate_file = ''\nkind = 'one'\n";
    const SECRET: &str = "hunter2";

    #[derive(Debug, Deserialize)]
    struct Whole {
        service: Section,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Section {
        secret: SecretString,
        list: Vec<String>,
        port: u16,
        state_file: String,
        kind: Kind,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        One,
        Two,
    }

    fn with(variables: &[(&str, &str)]) -> Result<Section, Error> {
        let variables = variables.iter().map(|(key, value)| (format!("service.{key}"), (*value).to_owned())).collect();
        from_layers::<Whole>(DEFAULTS, None, variables).map(|whole| whole.service)
    }

    fn file(name: &str, content: &str) -> String {
        let path = std::env::temp_dir().join(format!("oms-layers-{name}-{}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    #[test]
    fn a_value_may_come_from_a_file() {
        let (secret, list, port) = (file("secret", "12345\n"), file("list", r#"["b", "c"]"#), file("port", " 7 "));
        let read = with(&[("secret_file", &secret), ("list_file", &list), ("port_file", &port), ("state_file", "/s")]);
        let read = read.unwrap();
        assert_eq!((read.secret.expose_secret(), read.port, read.state_file.as_str()), ("12345", 7, "/s"));
        assert_eq!((read.list, read.kind), (vec!["b".to_owned(), "c".to_owned()], Kind::One));
        for path in [secret, list, port] {
            std::fs::remove_file(path).unwrap();
        }
    }

    #[test]
    fn text_stays_text() {
        for text in ["12345", "true", "[1]", "0x10"] {
            assert_eq!(with(&[("secret", text)]).unwrap().secret.expose_secret(), text);
        }
        assert_eq!(with(&[("kind", "two")]).unwrap().kind, Kind::Two);
    }

    #[test]
    fn faults_name_the_setting() {
        let text = |variables: &[(&str, &str)]| with(variables).unwrap_err().to_string();
        let both = text(&[("secret", "a"), ("secret_file", "/nowhere")]);
        assert!(both.contains("OMS_SERVICE__SECRET and OMS_SERVICE__SECRET_FILE are both set"), "{both}");
        let missing = text(&[("secret_file", "/nowhere")]);
        assert!(missing.contains("OMS_SERVICE__SECRET_FILE: /nowhere can't be read"), "{missing}");
        assert!(text(&[("colour", "red")]).contains("colour"));
        assert!(text(&[("port", "[1]")]).contains("service.port: expected u16, found a list"));
    }

    #[test]
    fn no_fault_tells_a_value() {
        let path = file("toml", &format!("[service]\nsecret = {SECRET}\n"));
        let in_file = from_layers::<Whole>(DEFAULTS, Some(Path::new(&path)), BTreeMap::new()).unwrap_err();
        std::fs::write(&path, format!("[service]\nsecret = ['{SECRET}']\nport = '{SECRET}'")).unwrap();
        let typed = from_layers::<Whole>(DEFAULTS, Some(Path::new(&path)), BTreeMap::new()).unwrap_err();
        assert!(typed.to_string().contains("service.") && typed.to_string().contains(&path), "{typed}");
        let secret = file("told", SECRET);
        let faults = [
            in_file,
            typed,
            with(&[("port", SECRET)]).unwrap_err(),
            with(&[("kind", SECRET)]).unwrap_err(),
            with(&[("list", SECRET)]).unwrap_err(),
            with(&[("secrets_file", &secret)]).unwrap_err(),
            with(&[("port_file", &secret)]).unwrap_err(),
        ];
        for fault in faults {
            assert!(!fault.to_string().contains(SECRET) && !format!("{fault:?}").contains(SECRET), "{fault}");
        }
        assert!(!format!("{:?}", with(&[("secret", SECRET)]).unwrap()).contains(SECRET));
        for path in [path, secret] {
            std::fs::remove_file(path).unwrap();
        }
    }
}

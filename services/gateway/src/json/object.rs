//! A JSON object as a list of names and unread values.
//!
//! A derived `Deserialize` stops at the first fault; this reader goes on, so
//! that the caller learns of all of them at once.

use super::Field;
use contracts::Violations;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// No request has half as many fields, so one with more is at fault anyway and
/// the rest of it need not be kept.
const MAX_FIELDS: usize = 100;
/// An unknown name is repeated to the caller up to this length.
const MAX_NAME: usize = 100;

/// An object some of whose fields have been taken.
pub(crate) struct Object<'a> {
    path: String,
    fields: Vec<(Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Object<'a> {
    /// Reads a body. A body of no bytes is an empty object.
    ///
    /// # Errors
    /// What a person should know about a text that is not JSON.
    pub(crate) fn body(text: &'a str, faults: &mut Violations) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self { path: String::new(), fields: Vec::new() });
        }
        let raw: &RawValue = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self::nested(String::new(), raw, faults).unwrap_or_else(|| {
            faults.add("body", "must be a JSON object");
            Self { path: String::new(), fields: Vec::new() }
        }))
    }

    /// Reads the value at `path`; `None` if it is something else than an object.
    pub(crate) fn nested(path: String, raw: &'a RawValue, faults: &mut Violations) -> Option<Self> {
        if !raw.get().starts_with('{') {
            return None;
        }
        match Fields::deserialize(raw) {
            Ok(Fields(fields)) => Some(Self { path, fields }),
            Err(error) => {
                // The syntax was checked with the body; what is left is a name with half a surrogate pair.
                faults.add(if path.is_empty() { "body" } else { &path }, format!("can't be read: {error}"));
                Some(Self { path, fields: Vec::new() })
            }
        }
    }

    /// Takes a field out.
    pub(crate) fn field<'f>(&mut self, name: &str, faults: &'f mut Violations) -> Field<'a, 'f> {
        let mut value = None;
        let mut times = 0;
        self.fields.retain(|(n, raw)| {
            let found = n == name;
            if found {
                times += 1;
                value.get_or_insert(*raw);
            }
            !found
        });
        let path = self.join(name);
        if times > 1 {
            faults.add(path.clone(), "is given more than once");
        }
        Field::new(path, value, faults)
    }

    /// Takes a field out that has a second name. Both together are a fault. The
    /// name that was used comes back too.
    pub(crate) fn either<'f>(
        &mut self,
        (name, other): (&'static str, &'static str),
        faults: &'f mut Violations,
    ) -> (&'static str, Field<'a, 'f>) {
        // `null` counts as absent, here too.
        let has = |n: &str| self.fields.iter().any(|(f, raw)| f == n && raw.get() != "null");
        let (one, two) = (has(name), has(other));
        if one && two {
            faults.add(self.join(other), format!("is another name of `{name}`; only one of them can be given"));
        }
        let (taken, left) = if two && !one { (other, name) } else { (name, other) };
        drop(self.field(left, faults));
        (taken, self.field(taken, faults))
    }

    /// Reports what was not taken.
    pub(crate) fn finish(self, faults: &mut Violations) {
        for (i, (name, _)) in self.fields.iter().enumerate() {
            let repeated = self.fields[..i].iter().any(|(n, _)| n == name);
            if name.is_empty() {
                // It can't be named; what it is in can.
                faults.add(if self.path.is_empty() { "body" } else { &self.path }, "has a field without a name");
                continue;
            }
            let short: String = name.chars().take(MAX_NAME).collect();
            let what = if repeated { "is given more than once" } else { "is not a known field" };
            faults.add(self.join(&short), what);
        }
    }

    fn join(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }
}

/// The elements of an array, at most `max`; the number says whether there were more.
pub(crate) fn elements(raw: &RawValue, max: usize) -> Option<(Vec<&RawValue>, usize)> {
    struct Elements(usize);
    impl<'de> Visitor<'de> for Elements {
        type Value = (Vec<&'de RawValue>, usize);

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut kept = Vec::new();
            while kept.len() < self.0 {
                match seq.next_element()? {
                    Some(raw) => kept.push(raw),
                    None => {
                        let all = kept.len();
                        return Ok((kept, all));
                    }
                }
            }
            let mut all = kept.len();
            while seq.next_element::<IgnoredAny>()?.is_some() {
                all += 1;
            }
            Ok((kept, all))
        }
    }
    raw.deserialize_seq(Elements(max)).ok()
}

struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    if fields.len() < MAX_FIELDS {
                        fields.push((name, map.next_value()?));
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Fields(fields))
            }
        }
        from.deserialize_map(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str, read: impl FnOnce(&mut Object<'_>, &mut Violations)) -> Vec<String> {
        let mut faults = Violations::new();
        let mut object = Object::body(text, &mut faults).unwrap();
        read(&mut object, &mut faults);
        object.finish(&mut faults);
        faults.iter().map(|v| format!("{} {}", v.field, v.description)).collect()
    }

    #[test]
    fn unknown_and_repeated_names_are_reported() {
        let found = faults(r#"{"a":1,"x":2,"a":3,"\u0078":4,"y":{}}"#, |object, faults| {
            assert_eq!(object.field("a", faults).integer(), Some(1));
        });
        assert_eq!(
            found,
            [
                "a is given more than once",
                "x is not a known field",
                "x is given more than once",
                "y is not a known field"
            ]
        );
    }

    // A finding of the fuzzer.
    #[test]
    fn a_field_without_a_name_is_told_of_by_what_it_is_in() {
        assert_eq!(faults(r#"{"":{}}"#, |_, _| {}), ["body has a field without a name"]);
    }

    #[test]
    fn two_names_of_one_field_exclude_each_other() {
        let read = |object: &mut Object<'_>, faults: &mut Violations| {
            drop(object.either(("method", "payment_method"), faults).1.text());
        };
        for one in [r#"{"payment_method":"CASH"}"#, r#"{"payment_method":"CASH","method":null}"#] {
            assert!(faults(one, read).is_empty(), "{one}");
        }
        assert_eq!(faults(r#"{"payment_method":"CASH","method":"CASH"}"#, read).len(), 1);
    }

    #[test]
    fn no_body_is_an_empty_object_and_others_are_refused() {
        assert!(faults("", |_, _| {}).is_empty());
        assert_eq!(faults("[]", |_, _| {}), ["body must be a JSON object"]);
        assert_eq!(faults("null", |_, _| {}), ["body must be a JSON object"]);
        for text in [" ", "{", "{\"a\":1,}", "{} {}", "{\"a\":01}", "{'a':1}", "\u{feff}{}"] {
            assert!(Object::body(text, &mut Violations::new()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn deep_nesting_is_only_skipped() {
        let deep = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(faults(&deep, |_, _| {}), ["x is not a known field"]);
    }

    #[test]
    fn more_elements_than_wanted_are_counted_not_kept() {
        let text = format!("[{}0]", "0,".repeat(99));
        let raw: &RawValue = serde_json::from_str(&text).unwrap();
        let (kept, all) = elements(raw, 10).unwrap();
        assert_eq!((kept.len(), all), (10, 100));
    }

    #[test]
    fn a_name_of_half_a_surrogate_pair_is_a_fault() {
        assert_eq!(faults(r#"{"\ud800":1}"#, |_, _| {}).len(), 1);
    }
}

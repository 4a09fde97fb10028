//! Hostile texts in every field, parameter and path of the OpenAPI document, one at a time.

use super::{Besieged, PATIENCE, judge, texts};
use futures::StreamExt as _;
use serde_json::{Map, Value, json};

const AT_ONCE: usize = 8;

/// A request to be made: its method, path with query, and body.
struct Attack {
    post: bool,
    path: String,
    body: Option<String>,
}

/// Where a schema's reference leads.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(target) => document.pointer(target.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}

/// All that a body may have, the optional too.
fn example(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    let parts = ["allOf", "oneOf"].iter().filter_map(|of| schema[of].as_array()).flatten();
    // Of a choice, the first that is more than nothing.
    let mut merged = Map::new();
    for part in parts {
        if let Value::Object(fields) = example(document, part) {
            merged.extend(fields);
        }
    }
    if let Some(properties) = schema["properties"].as_object() {
        for (name, property) in properties {
            merged.insert(name.clone(), self::value(document, property));
        }
    }
    if let Some(given) = schema["example"].as_object().or(schema["examples"][0].as_object()) {
        merged.extend(given.clone());
    }
    Value::Object(merged)
}

fn value(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    let kind = schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or("object");
    match kind {
        "string" => schema["enum"][0].as_str().map_or_else(|| json!("x"), |word| json!(word)),
        "integer" | "number" => json!(1),
        "boolean" => json!(true),
        "array" => json!([value(document, &schema["items"])]),
        _ => example(document, schema),
    }
}

/// The places of all texts, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, v)| places(v, &format!("{at}/{i}"), found)),
        Value::Object(map) => map.iter().for_each(|(name, v)| places(v, &format!("{at}/{name}"), found)),
        _ => {}
    }
}

fn attacks(document: &Value, ids: &[(&str, String)]) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        let path = ids.iter().fold(template.clone(), |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        for (method, operation) in item.as_object().unwrap() {
            let post = method == "post";
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let base = (!body.is_null()).then(|| example(document, &choice(body)));
            in_paths(template, ids, post, base.as_ref(), &mut attacks);
            for parameter in operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query") {
                let name = parameter["name"].as_str().unwrap();
                let encoded = texts::hostile().into_iter().filter(|text| text.len() < 10_000).map(|text| encode(&text));
                let values = encoded.chain(texts::IN_A_PATH.map(str::to_owned));
                attacks.extend(values.map(|v| Attack { post, path: format!("{path}?{name}={v}"), body: None }));
            }
            if let Some(base) = base {
                in_bodies(&path, &base, &mut attacks);
            }
        }
    }
    attacks
}

/// An optional body is one of nothing and itself.
fn choice(schema: &Value) -> Value {
    let some = schema["oneOf"].as_array().into_iter().flatten().find(|part| part["type"] != "null");
    some.unwrap_or(schema).clone()
}

fn in_paths(template: &str, ids: &[(&str, String)], post: bool, body: Option<&Value>, attacks: &mut Vec<Attack>) {
    let Some((name, _)) = ids.iter().find(|(name, _)| template.contains(&format!("{{{name}}}"))) else { return };
    let encoded =
        texts::hostile().into_iter().filter(|text| !text.is_empty() && text.len() < 10_000).map(|text| encode(&text));
    for id in encoded.chain(texts::IN_A_PATH.map(str::to_owned)) {
        let path = template.replace(&format!("{{{name}}}"), &id);
        attacks.push(Attack { post, path, body: body.map(Value::to_string) });
    }
}

fn in_bodies(path: &str, base: &Value, attacks: &mut Vec<Attack>) {
    const HERE: &str = "HERE-IT-GOES";
    let mut found = Vec::new();
    places(base, "", &mut found);
    for place in found {
        let mut body = base.clone();
        *body.pointer_mut(&place).unwrap() = json!(HERE);
        let body = body.to_string();
        let quoted = texts::hostile().into_iter().map(|text| json!(text).to_string().trim_matches('"').to_owned());
        for text in quoted.chain(texts::IN_JSON.map(str::to_owned)) {
            attacks.push(Attack { post: true, path: path.to_owned(), body: Some(body.replace(HERE, &text)) });
        }
        // As a name, and as something that is no text.
        for other in ["null", "[]", "{}", "-1", "1e400", "true"] {
            let body = body.replace(&format!("\"{HERE}\""), other);
            attacks.push(Attack { post: true, path: path.to_owned(), body: Some(body) });
        }
    }
    for text in texts::hostile() {
        attacks.push(Attack { post: true, path: path.to_owned(), body: Some(json!({ text: 1 }).to_string()) });
    }
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// What a service reads of it.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => bytes.extend([&[byte], &part.as_bytes()[2..]].concat()),
            None => bytes.extend(part.as_bytes()),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_in_any_request_is_more_than_a_text() {
    let system = Besieged::start().await;
    let line = json!({"product_id": "PROD-003", "quantity": 1, "price": 1});
    let order = json!({"customer_id": "C", "items": [line], "total_amount": 1});
    let order = system.system.post("/orders", order).await;
    let payment = system.system.post("/payments", json!({"order_id": "O", "amount": 1, "method": "CASH"})).await;
    let items = json!([{"product_id": "PROD-003", "quantity": 1}]);
    let reservation = system.system.post("/inventory/reserve", json!({"order_id": "O", "items": items})).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let ids = [
        ("order_id", text(&order["order_id"])),
        ("payment_id", text(&payment["payment_id"])),
        ("reservation_id", text(&reservation["reservation_id"])),
        ("product_id", "PROD-003".to_owned()),
    ];
    let document = serde_json::to_value(gateway::openapi::document()).unwrap();
    let attacks = attacks(&document, &ids);
    assert!(attacks.len() > 3_000, "only {}", attacks.len());
    let address = system.system.gateway.url();
    let answers = futures::stream::iter(attacks).map(|Attack { post, path, body }| {
        let url = format!("{address}{path}");
        let request = if post { system.system.http.post(&url) } else { system.system.http.get(&url) };
        let request = match &body {
            Some(body) => request.header("content-type", "application/json").body(body.clone()),
            None => request,
        };
        let http = &system.system.http;
        async move {
            let shown = format!("{path} {}", body.unwrap_or_default());
            // What the library itself won't send is tried on a bare connection elsewhere.
            let Ok(request) = request.timeout(PATIENCE).build() else { return (shown, None) };
            // As in the test of the methods, a busy database is asked again.
            for _ in 0..10 {
                let request = request.try_clone().unwrap();
                let reply = http.execute(request).await.unwrap_or_else(|e| panic!("{e}: {shown}"));
                let status = reply.status().as_u16();
                if status != 503 {
                    return (shown, Some((status, reply.text().await.unwrap())));
                }
            }
            (shown, Some((503, String::new())))
        }
    });
    let mut answers = answers.buffer_unordered(AT_ONCE);
    let mut taken = 0;
    while let Some((shown, answer)) = answers.next().await {
        let Some((status, body)) = answer else { continue };
        assert!(![503, 504].contains(&status), "{status} {body} to {shown}");
        judge(status, &body, &format!("{shown} {}", decoded(&shown)));
        taken += usize::from(status < 300);
    }
    assert!(taken > 200, "only {taken} requests came as far as the database");
    drop(answers);
    system.end().await;
}

//! Whether something that must not be readable can be found.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sqlx::PgPool;
use temporalio_client::{Client, UntypedWorkflow};

/// A configuration with these keys, each a name and the byte that it is made of.
pub fn encryption(keys: &[(&str, u8)]) -> privacy::Encryption {
    let key = |(name, byte): &(&str, u8)| format!("{name}:{}", STANDARD.encode([*byte; 32])).into();
    privacy::Encryption { keys: keys.iter().map(key).collect(), index_key: Some(STANDARD.encode([255; 32]).into()) }
}

/// The tables of a database, of any schema, that have this text somewhere: in a text, in JSON, or in the bytes of a message.
pub async fn tables_with(admin_url: &str, text: &str) -> Vec<String> {
    let pool = PgPool::connect(admin_url).await.expect("the database");
    let tables: Vec<(String, String)> = sqlx::query_as(
        "SELECT schemaname::text, tablename::text FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&pool)
    .await
    .expect("the tables");
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut found = Vec::new();
    for (schema, table) in tables {
        let query = format!(
            "SELECT count(*) FROM \"{schema}\".\"{table}\" t WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0"
        );
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
            .bind(text)
            .bind(&hex)
            .fetch_one(&pool)
            .await
            .expect("a table read");
        if rows > 0 {
            found.push(format!("{schema}.{table}"));
        }
    }
    pool.close().await;
    found
}

/// A payload as Temporal keeps it.
#[derive(Debug)]
pub struct Kept {
    /// Where in the history.
    pub path: String,
    /// How it is encoded.
    pub encoding: String,
    /// The id of the key that encrypted it, or nothing.
    pub key_id: String,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// All payloads of a workflow's history, read without any key. Those in which the SDK keeps its own account of a local
/// activity (its name and times) are left out: they pass no codec.
pub async fn payloads(temporal: &Client, workflow: &str) -> Vec<Kept> {
    let handle = temporal.get_workflow_handle::<UntypedWorkflow>(workflow);
    let history = handle.fetch_history(Default::default()).to_json().await.expect("a history");
    let mut found = Vec::new();
    walk(&serde_json::from_slice(&history).expect("JSON"), String::new(), &mut found);
    found.retain(|kept| !kept.path.contains("MarkerRecordedEventAttributes/details/data/"));
    found
}

fn walk(value: &Value, path: String, found: &mut Vec<Kept>) {
    match value {
        Value::Object(fields) => {
            let bytes = |value: &Value| STANDARD.decode(value.as_str().unwrap_or_default()).expect("base64");
            let text = |value: &Value| String::from_utf8(bytes(value)).expect("a text");
            if let (Some(metadata), Some(data)) = (value.pointer("/metadata/encoding"), fields.get("data")) {
                let key_id = value.pointer("/metadata/encryption-key-id").map(text).unwrap_or_default();
                found.push(Kept { path: path.clone(), encoding: text(metadata), key_id, data: bytes(data) });
            }
            fields.iter().for_each(|(name, value)| walk(value, format!("{path}/{name}"), found));
        }
        Value::Array(list) => list.iter().for_each(|value| walk(value, format!("{path}/"), found)),
        _ => {}
    }
}

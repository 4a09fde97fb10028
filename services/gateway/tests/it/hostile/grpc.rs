//! Hostile texts in every field of every method, one at a time, through the gateway, the services and Postgres.

use super::{Besieged, PATIENCE, texts};
use futures::StreamExt as _;
use http::Request;
use http_body_util::BodyExt as _;
use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor,
    ReflectMessage as _, Value,
};
use serde_json::json;
use std::collections::HashMap;
use tonic::body::Body;
use tonic::client::GrpcService as _;
use tonic::transport::Channel;
use tonic::{Code, Status};

/// So many calls at one time.
const AT_ONCE: usize = 8;
/// What a field must hold for a call to come as far as the database.
type Known = HashMap<&'static str, String>;

/// A message with something in every field.
fn filled(of: &MessageDescriptor, known: &Known) -> DynamicMessage {
    let mut message = DynamicMessage::new(of.clone());
    for field in of.fields() {
        let Some(value) = value(&field, known) else { continue };
        let value = if field.cardinality() == Cardinality::Repeated { Value::List(vec![value]) } else { value };
        message.set_field(&field, value);
    }
    message
}

fn value(field: &FieldDescriptor, known: &Known) -> Option<Value> {
    Some(match field.kind() {
        Kind::String => Value::String(known.get(field.name()).cloned().unwrap_or_default()),
        Kind::Bytes => Value::Bytes(b"{}".to_vec().into()),
        Kind::Message(message) if message.full_name() == "google.type.Money" => {
            let mut money = DynamicMessage::new(message);
            money.set_field_by_name("currency_code", Value::String("USD".to_owned()));
            money.set_field_by_name("units", Value::I64(1));
            Value::Message(money)
        }
        Kind::Message(message) if message.full_name().starts_with("oms.") => Value::Message(filled(&message, known)),
        Kind::Enum(_) => Value::EnumNumber(1),
        Kind::Int64 if field.name() == "quantity" => Value::I64(1),
        _ => return None,
    })
}

/// The ways to every text of a message: the fields that lead to it.
fn ways(of: &MessageDescriptor) -> Vec<Vec<FieldDescriptor>> {
    let mut ways = Vec::new();
    for field in of.fields() {
        match field.kind() {
            Kind::String | Kind::Bytes => ways.push(vec![field]),
            Kind::Message(inner) if !inner.full_name().starts_with("google.protobuf.") => {
                ways.extend(self::ways(&inner).into_iter().map(|rest| [vec![field.clone()], rest].concat()));
            }
            _ => {}
        }
    }
    ways
}

fn put(message: &mut DynamicMessage, way: &[FieldDescriptor], text: &str) {
    let Some((field, rest)) = way.split_first() else { return };
    let value = if let Kind::Message(inner) = field.kind() {
        let mut nested = match message.get_field(field).as_ref() {
            Value::Message(nested) => nested.clone(),
            Value::List(list) if !list.is_empty() => list[0].as_message().unwrap().clone(),
            _ => DynamicMessage::new(inner),
        };
        put(&mut nested, rest, text);
        Value::Message(nested)
    } else if let Kind::Bytes = field.kind() {
        Value::Bytes(text.as_bytes().to_vec().into())
    } else {
        Value::String(text.to_owned())
    };
    let value = if field.is_list() { Value::List(vec![value]) } else { value };
    message.set_field(field, value);
}

/// Makes a payment void, and a reservation one of what there is not.
fn carry_out_nothing(message: &mut DynamicMessage) {
    if let Some(void) = message.descriptor().get_field_by_name("void") {
        message.set_field(&void, Value::Bool(true));
    }
    if let Some(items) = message.descriptor().get_field_by_name("items") {
        let product = items.kind().as_message().and_then(|item| item.get_field_by_name("product_id")).unwrap();
        put(message, &[items, product], "NOWHERE");
    }
}

/// The status of a call, after one message of its answer if it streams.
async fn call(channel: Channel, path: &str, message: &DynamicMessage) -> Option<Status> {
    // On a slow machine the database is now and then too busy to answer in time, which is no answer.
    let again = async {
        loop {
            match call_once(channel.clone(), path, message).await {
                Some(status) if [Code::Unavailable, Code::DeadlineExceeded].contains(&status.code()) => {}
                answer => return answer,
            }
        }
    };
    tokio::time::timeout(PATIENCE, again).await.unwrap_or_else(|_| panic!("{path} hangs"))
}

async fn call_once(mut channel: Channel, path: &str, message: &DynamicMessage) -> Option<Status> {
    let bytes = prost_reflect::prost::Message::encode_to_vec(message);
    let frame = [&[0], &u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], &bytes].concat();
    let request = Request::post(path).header("content-type", "application/grpc").header("te", "trailers");
    let request = request.body(Body::new(http_body_util::Full::from(frame))).unwrap();
    std::future::poll_fn(|cx| channel.poll_ready(cx)).await.unwrap();
    let response = channel.call(request).await.unwrap();
    if let Some(status) = Status::from_header_map(response.headers()) {
        return Some(status);
    }
    let mut body = response.into_body();
    // The first message, and its end if it is the only one. A stream may have none.
    let frames = if contracts::Method::at(path).is_some_and(contracts::Method::streams) { 1 } else { 2 };
    for _ in 0..frames {
        if let Some(Ok(frame)) = body.frame().await
            && let Some(trailers) = frame.trailers_ref()
        {
            return Status::from_header_map(trailers);
        }
    }
    None
}

/// What there is, so that calls find something.
async fn known(system: &Besieged) -> Known {
    let line = json!({"product_id": "PROD-003", "quantity": 1, "price": 1});
    let order = json!({"customer_id": "C", "items": [line], "total_amount": 1});
    let order = system.system.post("/orders", order).await;
    let payment = json!({"order_id": "O", "amount": 1, "method": "CASH"});
    let payment = system.system.post("/payments", payment).await;
    let items = json!([{"product_id": "PROD-003", "quantity": 1}]);
    let reservation = system.system.post("/inventory/reserve", json!({"order_id": "O", "items": items})).await;
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    HashMap::from([
        ("order_id", text(&order["order_id"])),
        ("payment_id", text(&payment["payment_id"])),
        ("reservation_id", text(&reservation["reservation_id"])),
        ("customer_id", "C".to_owned()),
        ("product_id", "PROD-003".to_owned()),
        ("product_ids", "PROD-003".to_owned()),
        ("carrier", "DHL".to_owned()),
        ("tracking_number", "1".to_owned()),
        // Allowed by the tests' own settings, and told of nothing that happens here.
        ("url", "http://127.0.0.1:9/".to_owned()),
        ("endpoint_id", "whe_00000000000000000000000000000000".to_owned()),
    ])
}

/// Each of them happens rarely.
fn rare(method: &MethodDescriptor) -> &'static str {
    match method.parent_service().package_name() {
        "oms.orders.v1" => "order.approval_overdue",
        "oms.payments.v1" => "refund.failed",
        _ => "reservation.expired",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_in_any_message_is_more_than_a_text() {
    let system = Besieged::start().await;
    let pool = DescriptorPool::decode(contracts::DESCRIPTORS).unwrap();
    let mut known = known(&system).await;
    let channel = system.system.gateway.channel();
    let mut calls = Vec::new();
    for method in
        pool.services().filter(|s| s.full_name().starts_with("oms.")).flat_map(|s| s.methods().collect::<Vec<_>>())
    {
        let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
        known.insert("event_types", rare(&method).to_owned());
        let base = filled(&method.input(), &known);
        for way in ways(&method.input()) {
            for text in texts::hostile() {
                let mut message = base.clone();
                put(&mut message, &way, &text);
                // A step of a saga that no order has is a finding of the audit, if it was carried out.
                if way.iter().any(|field| field.name() == "saga_key") {
                    carry_out_nothing(&mut message);
                }
                let names: Vec<&str> = way.iter().map(FieldDescriptor::name).collect();
                let what = format!(
                    "{path} with {} = {}",
                    names.join("."),
                    text.chars().take(60).collect::<String>().escape_debug()
                );
                calls.push((what, text, path.clone(), message));
            }
        }
    }
    assert!(calls.len() > 3_000, "only {}", calls.len());
    let answers = futures::stream::iter(calls).map(|(what, text, path, message)| {
        let channel = channel.clone();
        async move {
            let answer = call(channel, &path, &message).await;
            (what, text, answer)
        }
    });
    let mut answers = answers.buffer_unordered(AT_ONCE);
    let mut taken = 0;
    while let Some((what, text, status)) = answers.next().await {
        let Some(status) = status.filter(|status| status.code() != Code::Ok) else {
            taken += 1;
            continue;
        };
        let ours = [Code::Internal, Code::Unknown, Code::DataLoss];
        assert!(!ours.contains(&status.code()), "{status:?} to {what}");
        assert_eq!(hostile::leak(status.message(), &text), None, "{} to {what}", status.message());
    }
    assert!(taken > 500, "only {taken} calls came as far as the database");
    drop(answers);
    system.end().await;
}

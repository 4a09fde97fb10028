//! Random commands, one after the other, against the service and against a model of
//! it that is made of the domain's own functions.

use crate::harness::*;
use contracts::inventory::*;
use inventory::domain::{Command, Level, MovementType as Kind, Status};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tonic::Code;

const PRODUCT: &str = "PROD-004";

#[derive(Clone, Debug)]
enum Act {
    Reserve(i64),
    Decide(usize, bool),
    Adjust(MovementType, i64),
    Restock(usize, i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let movement = prop::sample::select(vec![
        MovementType::Receipt,
        MovementType::Correction,
        MovementType::Damage,
        MovementType::HoldBack,
    ]);
    let act = prop_oneof![
        4 => (1_i64..6).prop_map(Act::Reserve),
        4 => (0_usize..40, any::<bool>()).prop_map(|(which, commit)| Act::Decide(which, commit)),
        2 => (movement, -5_i64..6).prop_map(|(kind, quantity)| Act::Adjust(kind, quantity)),
        1 => (0_usize..40, 1_i64..6).prop_map(|(which, quantity)| Act::Restock(which, quantity)),
    ];
    prop::collection::vec(act, 120)
}

/// A reservation in the model.
struct Held {
    id: String,
    quantity: i64,
    status: Status,
    restocked: bool,
}

#[derive(Default)]
struct Model {
    level: Level,
    held: Vec<Held>,
}

impl Model {
    /// The code that the service must answer.
    async fn play(&mut self, client: &mut Client, act: &Act) {
        match act {
            Act::Reserve(quantity) => {
                let reply = reserve(client, &[(PRODUCT, *quantity, "")]).await;
                match self.level.reserve(*quantity) {
                    Ok(level) => {
                        let id = reply.unwrap().reservation_id;
                        self.held.push(Held { id, quantity: *quantity, status: Status::Reserved, restocked: false });
                        self.level = level;
                    }
                    Err(_) => assert_short(&reply.unwrap_err()),
                }
            }
            Act::Decide(which, commits) => self.decide(client, *which, *commits).await,
            Act::Adjust(kind, quantity) => self.adjust(client, *kind, *quantity).await,
            Act::Restock(which, quantity) => self.restock(client, *which, *quantity).await,
        }
        let level = self.level;
        assert_eq!(stock(client, PRODUCT, "MAIN").await, (level.on_hand, level.held_back, level.reserved), "{act:?}");
    }

    async fn decide(&mut self, client: &mut Client, which: usize, commits: bool) {
        let Some(held) = self.held.get_mut(which) else { return };
        let command = if commits { Command::Commit } else { Command::Cancel };
        let reply = if commits { commit(client, &held.id).await } else { cancel(client, &held.id).await };
        match held.status.transition(command) {
            Some(next) => {
                let quantity = -held.quantity;
                let level =
                    if commits { self.level.after(Kind::Commit, quantity) } else { self.level.reserve(quantity) };
                (self.level, held.status) = (level.unwrap(), next);
                reply.unwrap();
            }
            None if command.leads_to(held.status) => drop(reply.unwrap()),
            None => assert_eq!(fact(&reply.unwrap_err(), "state"), held.status.to_string()),
        }
    }

    async fn adjust(&mut self, client: &mut Client, kind: MovementType, quantity: i64) {
        let reply = client.adjust_stock(adjustment(PRODUCT, "MAIN", quantity, kind)).await;
        let kind: Kind = kind.as_str_name().trim_start_matches("MOVEMENT_TYPE_").parse().unwrap();
        if kind.sign_fault(quantity).is_some() {
            assert_eq!(reply.unwrap_err().code(), Code::InvalidArgument);
        } else if let Ok(level) = self.level.after(kind, quantity) {
            reply.unwrap();
            self.level = level;
        } else {
            assert_eq!(reason(&reply.unwrap_err()), "STOCK_INVARIANT");
        }
    }

    async fn restock(&mut self, client: &mut Client, which: usize, quantity: i64) {
        let Some(held) = self.held.get_mut(which) else { return };
        let request = AdjustStockRequest {
            reservation_id: held.id.clone(),
            ..adjustment(PRODUCT, "MAIN", quantity, MovementType::Restock)
        };
        let reply = client.adjust_stock(request).await;
        if held.status != Status::Committed {
            assert_eq!(reason(&reply.unwrap_err()), "RESERVATION_STATE");
        } else if held.restocked {
            reply.unwrap();
        } else if quantity > held.quantity {
            assert_eq!(reason(&reply.unwrap_err()), "RESTOCK_EXCEEDS_COMMITTED");
        } else {
            reply.unwrap();
            held.restocked = true;
            self.level = self.level.after(Kind::Restock, quantity).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn random_commands_do_what_the_model_does() {
    let inventory = Inventory::new().await;
    let mut client = inventory.client();
    let mut runner = TestRunner::default();
    let acts = acts().new_tree(&mut runner).unwrap().current();
    let mut model = Model { level: Level { on_hand: 12, held_back: 2, reserved: 0 }, ..Default::default() };
    for act in &acts {
        model.play(&mut client, act).await;
    }
    assert!(!model.held.is_empty());
    for held in model.held.iter().filter(|held| held.status.is_final()) {
        watch(&mut client, &held.id, 0).await;
    }
    inventory.audit().await;
}

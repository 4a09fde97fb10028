//! Every RPC of the contracts, by name. Generated from `proto/`.

include!(concat!(env!("OUT_DIR"), "/methods.rs"));

#[cfg(test)]
mod tests {
    use super::Method;

    #[test]
    fn each_method_is_found_by_its_path() {
        assert!(Method::ALL.iter().all(|method| Method::at(method.path()) == Some(*method)));
        assert_eq!(Method::at("/oms.orders.v1.OrderService/CreateOrder"), Some(Method::OrdersCreateOrder));
        assert_eq!(Method::at("/grpc.health.v1.Health/Check"), None);
        assert!(Method::OrdersWatchOrder.streams() && !Method::OrdersGetOrder.streams());
    }
}

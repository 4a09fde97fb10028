//! The way into each handler. Which method of a service it calls is said where its route is, and with it who may come in.

use super::App;
use crate::Error;
use access::Guard;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};
use contracts::Method;
use std::sync::Arc;

/// Makes routes.
pub(super) struct Doors<'a>(pub(super) &'a Guard);

impl Doors<'_> {
    /// A `GET` that calls this method.
    pub(super) fn get<H, T>(&self, method: Method, handler: H) -> MethodRouter<Arc<App>>
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.door(method, get(handler))
    }

    /// A `POST` that calls this method.
    pub(super) fn post<H, T>(&self, method: Method, handler: H) -> MethodRouter<Arc<App>>
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.door(method, post(handler))
    }

    fn door(&self, method: Method, route: MethodRouter<Arc<App>>) -> MethodRouter<Arc<App>> {
        route.route_layer(from_fn_with_state((self.0.clone(), method), admit))
    }
}

async fn admit(State((guard, method)): State<(Guard, Method)>, mut request: Request, next: Next) -> Response {
    match guard.admit(request.headers(), method).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => Error::Refused(Box::new(refused.into())).into_response(),
    }
}

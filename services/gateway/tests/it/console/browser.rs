//! What a browser does for a person who signs in: keeps cookies, follows where it is sent, presses a button.

use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Url};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// No way is longer.
const FURTHEST: usize = 10;

/// One person's browser. It knows nothing of ports, as real ones do with cookies.
#[derive(Default)]
pub(crate) struct Browser {
    http: reqwest::Client,
    jar: Mutex<BTreeMap<(String, String), String>>,
}

/// What it shows.
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    /// Where it sends the browser.
    pub(crate) fn leads_to(&self) -> Option<Url> {
        let to = self.headers.get(LOCATION)?.to_str().unwrap();
        Some(self.url.join(to).unwrap())
    }

    /// The cookies that it sets, whole.
    pub(crate) fn sets(&self) -> Vec<String> {
        self.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {} {:?}", self.status, self.text))
    }
}

impl Browser {
    pub(crate) fn new() -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, jar: Mutex::default() }
    }

    /// The cookies whose names begin so.
    pub(crate) fn cookies(&self, prefix: &str) -> Vec<(String, String)> {
        let jar = self.jar.lock().unwrap();
        jar.iter().filter(|((_, name), _)| name.starts_with(prefix)).map(|((_, n), v)| (n.clone(), v.clone())).collect()
    }

    pub(crate) fn set_cookie(&self, url: &str, name: &str, value: &str) {
        let host = Url::parse(url).unwrap().host_str().unwrap().to_owned();
        self.jar.lock().unwrap().insert((host, name.to_owned()), value.to_owned());
    }

    /// The same cookies in another window.
    pub(crate) fn copy(&self) -> Self {
        Self { http: self.http.clone(), jar: Mutex::new(self.jar.lock().unwrap().clone()) }
    }

    pub(crate) async fn get(&self, url: &str) -> Page {
        self.send(self.http.get(url).header("accept", "text/html,*/*;q=0.8")).await
    }

    /// Goes where it is sent, to a page that sends it nowhere.
    pub(crate) async fn follow(&self, url: &str) -> Page {
        let mut page = self.get(url).await;
        for _ in 0..FURTHEST {
            let Some(next) = page.leads_to() else { return page };
            page = self.get(next.as_str()).await;
        }
        panic!("{url} leads nowhere");
    }

    /// What a script of the page asks for.
    pub(crate) async fn ask(&self, method: Method, url: &str) -> Page {
        self.send(self.http.request(method, url).header("x-oms-console", "1")).await
    }

    /// The same with a body.
    pub(crate) async fn send_json(&self, url: &str, body: &serde_json::Value) -> Page {
        self.send(self.http.post(url).header("x-oms-console", "1").json(body)).await
    }

    /// Any other request of this browser.
    pub(crate) async fn request(&self, url: &str, shape: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Page {
        self.send(shape(self.http.get(url))).await
    }

    /// Chooses somebody on the provider's page, and goes back with that as far as the gateway.
    pub(crate) async fn choose(&self, page: &Page, person: &str) -> Page {
        assert!(page.text.contains("Who are you?"), "{} {}", page.status, page.text);
        let form = self.http.post(page.url.clone()).header("content-type", "application/x-www-form-urlencoded");
        let mut page = self.send(form.body(format!("person={person}"))).await;
        for _ in 0..FURTHEST {
            let next = page.leads_to().unwrap_or_else(|| panic!("{} {}", page.status, page.text));
            if next.path() == "/console/callback" {
                return page;
            }
            page = self.get(next.as_str()).await;
        }
        panic!("the provider leads nowhere");
    }

    async fn send(&self, request: RequestBuilder) -> Page {
        let mut request = request.build().unwrap();
        let host = request.url().host_str().unwrap().to_owned();
        let sent: Vec<String> = {
            let jar = self.jar.lock().unwrap();
            jar.iter().filter(|((of, _), _)| *of == host).map(|((_, name), value)| format!("{name}={value}")).collect()
        };
        if !sent.is_empty() {
            request.headers_mut().insert("cookie", sent.join("; ").parse().unwrap());
        }
        let url = request.url().clone();
        let response = self.http.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let page = Page { url, status, headers, text: response.text().await.unwrap() };
        for set in page.sets() {
            let (pair, about) = set.split_once(';').unwrap_or((&set, ""));
            let (name, value) = pair.split_once('=').unwrap();
            let key = (host.clone(), name.to_owned());
            let gone = value.is_empty() || about.to_lowercase().contains("max-age=0");
            let mut jar = self.jar.lock().unwrap();
            if gone {
                jar.remove(&key)
            } else {
                jar.insert(key, value.to_owned())
            };
        }
        page
    }
}

//! Requests to addresses that strangers choose: only to the public internet.
//!
//! A name is resolved once, what it resolves to is checked, and the connection goes to exactly that:
//! a name that means another address a moment later changes nothing. Redirects are not followed, and
//! no proxy of the environment stands between.

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ::http::{Request, Response, Uri};
use bytes::{Bytes, BytesMut};
use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use thiserror::Error;

use super::roots::Roots;
use super::{Transport, TransportError, failed};

/// What is read of an answer, in bytes; the rest is left.
const LONGEST_ANSWER: usize = 64 * 1024;

/// Which addresses may be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Networks {
    /// Those that are reached over the public internet.
    Public,
    /// All: for a laptop, where receivers run beside Hoopoe.
    Any,
}

/// Finds the addresses of a name.
pub trait Lookup: Send + Sync + fmt::Debug {
    /// The addresses that the name has now.
    fn addresses(&self, name: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>>;
}

/// The machine's own resolver.
#[derive(Clone, Copy, Debug)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn addresses(&self, name: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// An address that may not be connected to. It is not named: names of a private network are nobody's
/// business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the address is not on the public internet")]
pub struct NotPublic;

/// A client for addresses that strangers choose.
#[derive(Clone, Debug)]
pub struct GuardedClient {
    client: reqwest::Client,
    networks: Networks,
}

impl GuardedClient {
    /// A client whose requests take at most `limit` in all.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(roots: Roots, limit: Duration, networks: Networks) -> Result<Self, TransportError> {
        Self::resolving_by(Arc::new(SystemLookup), roots, limit, networks)
    }

    /// The same with a resolver of the caller's.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    #[expect(clippy::disallowed_methods, reason = "the one client for addresses of strangers")]
    pub fn resolving_by(
        lookup: Arc<dyn Lookup>,
        roots: Roots,
        limit: Duration,
        networks: Networks,
    ) -> Result<Self, TransportError> {
        let client = roots
            .trusted_by(reqwest::Client::builder())
            .timeout(limit)
            .connect_timeout(Duration::from_secs(3))
            .pool_idle_timeout(Duration::from_secs(5))
            .pool_max_idle_per_host(1)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(Arc::new(Guard { lookup, networks }))
            .build()
            .map_err(|error| TransportError::NotSent(error.without_url().to_string()))?;
        Ok(Self { client, networks })
    }
}

impl Transport for GuardedClient {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        Box::pin(async move {
            // An address in place of a name is connected to without asking the resolver.
            if literal(request.uri()).is_some_and(|ip| !allowed(ip, self.networks)) {
                return Err(TransportError::Forbidden(NotPublic.to_string()));
            }
            let request = reqwest::Request::try_from(request).map_err(failed)?;
            let mut answer = self.client.execute(request).await.map_err(refused_or_failed)?;
            let mut response = Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                headers.clone_from(answer.headers());
            }
            let mut body = BytesMut::new();
            // A status is an answer, whatever becomes of the body behind it.
            while let Ok(Some(chunk)) = answer.chunk().await {
                let room = LONGEST_ANSWER - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if body.len() == LONGEST_ANSWER {
                    break;
                }
            }
            response.body(body.freeze()).map_err(|error| TransportError::Unknown(error.to_string()))
        })
    }
}

fn literal(uri: &Uri) -> Option<IpAddr> {
    let host = uri.host()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn refused_or_failed(error: reqwest::Error) -> TransportError {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if error.is::<NotPublic>() {
            return TransportError::Forbidden(NotPublic.to_string());
        }
        cause = error.source();
    }
    failed(error)
}

/// Resolves, and lets only what is allowed through. One address that is not refuses the name: no one
/// has both by accident.
#[derive(Debug)]
struct Guard {
    lookup: Arc<dyn Lookup>,
    networks: Networks,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (found, networks) = (self.lookup.addresses(name.as_str().to_owned()), self.networks);
        Box::pin(async move {
            let found = found.await?;
            if !found.iter().all(|ip| allowed(*ip, networks)) {
                return Err(NotPublic.into());
            }
            let addresses: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}

fn allowed(ip: IpAddr, networks: Networks) -> bool {
    networks == Networks::Any || is_public(ip)
}

/// Whether an address is reached over the public internet (IANA's registries of special addresses).
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        // Shared between a provider and its customers.
        || (a == 100 && (64..128).contains(&b))
        // Protocol assignments, 6to4 relays, benchmarks.
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (18..20).contains(&b))
        // Reserved, and broadcast.
        || a >= 240;
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let [a, b, c, ..] = ip.segments();
    if a == 0x2002 {
        // 6to4 has an IPv4 address inside, which is where it leads.
        let [high, low] = [b.to_be_bytes(), c.to_be_bytes()];
        return is_public_v4(Ipv4Addr::new(high[0], high[1], low[0], low[1]));
    }
    let global = (0x2000..0x4000).contains(&a);
    // Protocol assignments with Teredo, documentation.
    let special = match a {
        0x2001 => b < 0x0200 || b == 0x0db8,
        0x3fff => b < 0x1000,
        _ => false,
    };
    global && !special
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(5);

    #[test]
    fn only_addresses_of_the_public_internet_are_public() {
        for ip in ["93.184.216.34", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a00::1"] {
            assert!(is_public(ip.parse().expect("an address")), "{ip}");
        }
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.1.2.3",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:93.184.216.34",
            "64:ff9b::7f00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:a00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "ff02::1",
            "fec0::1",
        ] {
            assert!(!is_public(ip.parse().expect("an address")), "{ip}");
        }
    }

    /// A resolver that gives one answer after the other, and counts.
    #[derive(Debug, Default)]
    struct Fickle(Mutex<VecDeque<Vec<IpAddr>>>);

    impl Fickle {
        fn of(answers: &[&[&str]]) -> Arc<Self> {
            let parse = |ip: &&str| ip.parse().expect("an address");
            let answers = answers.iter().map(|ips| ips.iter().map(parse).collect());
            Arc::new(Self(Mutex::new(answers.collect())))
        }

        fn left(&self) -> usize {
            self.0.lock().expect("no panic").len()
        }
    }

    impl Lookup for Fickle {
        fn addresses(&self, _: String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> {
            let answer = self.0.lock().expect("no panic").pop_front().unwrap_or_default();
            Box::pin(std::future::ready(Ok(answer)))
        }
    }

    fn post(url: &str) -> Request<Bytes> {
        Request::post(url).body(Bytes::from_static(b"{}")).expect("a request")
    }

    /// Answers one connection after the other with these bytes.
    async fn server(answer: &'static [u8]) -> (u16, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let serve = async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = [0; 4_096];
                let _ = socket.read(&mut request).await;
                let _ = socket.write_all(answer).await;
            }
        };
        #[expect(clippy::disallowed_methods, reason = "the test waits for it by its port")]
        (port, tokio::spawn(serve))
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(test);
    }

    #[test]
    fn private_addresses_are_refused_by_number_and_by_name() {
        run(async {
            let lookup = Fickle::of(&[&["10.0.0.1"], &["93.184.216.34", "127.0.0.1"], &["::1"]]);
            let client =
                GuardedClient::resolving_by(lookup.clone(), Roots::System, LIMIT, Networks::Public);
            let client = client.expect("a client");
            for url in [
                "https://127.0.0.1/",
                "https://[::1]/",
                "https://169.254.169.254/latest/meta-data",
                "https://[::ffff:10.0.0.1]/",
                "https://0/",
                "https://2130706433/",
                "https://0x7f.1/",
                "https://a.example/",
                "https://b.example/",
                "https://c.example/",
            ] {
                // Whoever reads addresses reads them as browsers do: numbers in any form.
                let url = url::Url::parse(url).expect("an address");
                let error = client.send(post(url.as_str())).await.expect_err("it is refused");
                assert_eq!(error, TransportError::Forbidden(NotPublic.to_string()), "{url}");
            }
            assert_eq!(lookup.left(), 0);
        });
    }

    #[test]
    fn a_name_is_resolved_once_and_the_connection_goes_there() {
        run(async {
            let (port, server) =
                server(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
            // The second answer would lead elsewhere: it must not be asked for within one request.
            let lookup = Fickle::of(&[&["127.0.0.1"], &["192.0.2.1"]]);
            let client =
                GuardedClient::resolving_by(lookup.clone(), Roots::System, LIMIT, Networks::Any);
            let answer =
                client.expect("a client").send(post(&format!("http://a.example:{port}/"))).await;
            assert_eq!(answer.expect("an answer").status(), 204);
            assert_eq!(lookup.left(), 1);
            server.abort();
        });
    }

    #[test]
    fn a_name_that_changes_its_mind_is_refused_from_then_on() {
        run(async {
            let lookup = Fickle::of(&[&[], &["127.0.0.1"]]);
            let client =
                GuardedClient::resolving_by(lookup, Roots::System, LIMIT, Networks::Public);
            let client = client.expect("a client");
            let first = client.send(post("https://a.example/")).await.expect_err("nobody is there");
            assert!(matches!(first, TransportError::NotSent(_)), "{first}");
            let second = client.send(post("https://a.example/")).await.expect_err("it is refused");
            assert!(matches!(second, TransportError::Forbidden(_)), "{second}");
        });
    }

    #[test]
    fn redirects_are_not_followed_and_long_answers_are_cut() {
        run(async {
            let (port, server) = server(
                b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\nconnection: close\r\n\r\n",
            )
            .await;
            let client = GuardedClient::new(Roots::System, LIMIT, Networks::Any).expect("a client");
            let answer = client.send(post(&format!("http://127.0.0.1:{port}/"))).await;
            assert_eq!(answer.expect("an answer").status(), 307);
            server.abort();
            let long: &'static [u8] = Box::leak(
                [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec(), vec![b'a'; 1 << 20]]
                    .concat()
                    .into_boxed_slice(),
            );
            let (port, server) = self::server(long).await;
            let answer = client.send(post(&format!("http://127.0.0.1:{port}/"))).await;
            assert_eq!(answer.expect("an answer").body().len(), LONGEST_ANSWER);
            server.abort();
        });
    }
}

//! Who calls, as far as rate limits need to know.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use lambda_http::request::RequestContext;

/// The caller's address, if it is known. An IPv6 caller is known by its network (/64), since a
/// single customer has that many addresses to call from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerIp(pub Option<IpAddr>);

impl CallerIp {
    /// The address for a rate limit's scope; all unknown callers share one.
    pub fn scope(self) -> String {
        self.network().unwrap_or_else(|| "unknown".to_owned())
    }

    /// The network that the caller is in, where it is known.
    pub fn network(self) -> Option<String> {
        self.0.map(|ip| ip.to_string())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CallerIp {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(address(parts).map(network)))
    }
}

/// On AWS the API's own word, locally the connection's. `X-Forwarded-For` is the last resort, and of
/// it only the last hop, which the nearest proxy wrote; the others are the client's to invent.
fn address(parts: &Parts) -> Option<IpAddr> {
    if let Some(RequestContext::ApiGatewayV2(context)) = parts.extensions.get() {
        return context.http.source_ip.as_deref()?.parse().ok();
    }
    if let Some(ConnectInfo(peer)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
        return Some(peer.ip());
    }
    let forwarded = parts.headers.get("x-forwarded-for")?.to_str().ok()?;
    forwarded.rsplit(',').next()?.trim().parse().ok()
}

fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(forwarded: &str) -> Parts {
        let request = Request::builder().header("x-forwarded-for", forwarded).body(());
        request.expect("it is valid").into_parts().0
    }

    #[test]
    fn the_connection_goes_before_what_the_client_says() {
        let mut parts = parts("6.6.6.6");
        parts.extensions.insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 80))));
        assert_eq!(address(&parts), Some(IpAddr::from([127, 0, 0, 1])));
    }

    #[test]
    fn only_the_last_hop_counts() {
        assert_eq!(address(&parts("6.6.6.6, 10.0.0.1")), Some(IpAddr::from([10, 0, 0, 1])));
        assert_eq!(address(&parts("nobody")), None);
    }

    #[test]
    fn an_ipv6_caller_is_its_network() {
        let of = |text: &str| text.parse::<IpAddr>().map(network).map(|ip| ip.to_string());
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), Ok("2001:db8:1:2::".to_owned()));
        assert_eq!(of("::ffff:1.2.3.4"), Ok("1.2.3.4".to_owned()));
    }
}

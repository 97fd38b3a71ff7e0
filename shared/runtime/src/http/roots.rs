//! Whom outgoing TLS trusts.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Certificate, ClientBuilder};
use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

/// Authorities that AWS's endpoints are certified by: Amazon Trust Services with the older Starfield
/// roots, and `DigiCert`'s in China. They are found by these words in their names.
const OF_AWS: [&[u8]; 3] = [b"Amazon Root CA", b"Starfield", b"DigiCert"];

/// Where root certificates come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// The system's own, and with them whatever its administrator adds.
    System,
    /// Mozilla's, compiled in. The system's are a file of text that takes each client that reads it
    /// milliseconds: most of what a Lambda function would do before its first request.
    Bundled,
}

impl Roots {
    /// A client that trusts these and no others.
    pub(super) fn trusted_by(self, client: ClientBuilder) -> ClientBuilder {
        match self {
            Self::System => client,
            Self::Bundled => client.tls_certs_only(
                TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| Certificate::from_der(der).ok()),
            ),
        }
    }
}

/// The certificates of those who certify AWS's endpoints, as PEM.
pub fn of_aws() -> impl Iterator<Item = String> {
    let theirs = TLS_SERVER_ROOT_CERTS.iter().filter(|der| {
        OF_AWS.iter().any(|name| der.windows(name.len()).any(|bytes| bytes == *name))
    });
    theirs.map(|der| {
        let text = STANDARD.encode(der);
        format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::http::HttpClient;

    #[test]
    fn the_four_roots_of_amazon_are_among_those_of_aws() {
        let all: Vec<_> = of_aws().collect();
        let amazon = TLS_SERVER_ROOT_CERTS.iter().filter(|der| {
            (1..=4).any(|n| {
                der.windows(16).any(|name| name == format!("Amazon Root CA {n}").as_bytes())
            })
        });
        let amazon: Vec<_> = amazon.collect();
        assert_eq!(amazon.len(), 4);
        for der in amazon {
            assert!(all.iter().any(|pem| pem.contains(&STANDARD.encode(der))));
        }
    }

    #[test]
    fn a_client_takes_the_bundled_roots() {
        HttpClient::trusting(Roots::Bundled, Duration::from_secs(1)).expect("a client");
    }
}

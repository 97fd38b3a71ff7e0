//! Which addresses Telegram takes in buttons and previews.

use url::{Host, Url};

/// The longest address that is put into a button or a preview, in bytes.
const MAX_ADDRESS: usize = 2048;

/// Whether Telegram takes this address. Its servers refuse a whole message
/// for a button that leads to a host without a dot or to a private network.
pub(super) fn is_public(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else {
        return false;
    };
    let plain = matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && address.len() <= MAX_ADDRESS
        && address.bytes().all(|b| b.is_ascii_graphic());
    let host = match url.host() {
        Some(Host::Domain(name)) => is_domain(name),
        Some(Host::Ipv4(ip)) => {
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast())
        }
        Some(Host::Ipv6(_)) | None => false,
    };
    plain && host
}

fn is_domain(name: &str) -> bool {
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(label_fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_web_addresses_are_taken() {
        for address in [
            "https://example.com/",
            "http://shop.example.co.id:8080/a?b=c&d=%20",
            "https://xn--bcher-kva.example/",
            "http://93.184.216.34/x",
        ] {
            assert!(is_public(address), "{address}");
        }
        for address in [
            "",
            "example.com",
            "https://localhost/",
            "http://127.0.0.1:8080/",
            "http://192.168.0.1/",
            "http://[::1]/",
            "https://example.com./",
            "https://a..b/",
            "https://user@example.com/",
            "https://example.com/a b",
            "ftp://example.com/",
            "tg://user?id=1",
            "https://$host.example/",
        ] {
            assert!(!is_public(address), "{address}");
        }
    }
}
